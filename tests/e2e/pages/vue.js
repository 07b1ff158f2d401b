// v-model on every field; `about` waits for `change`.
Vue.createApp({
  data: () => ({ name: '', about: '', size: 'small', gift: false, pressed: 0, sent: 0, open: false, chosen: 0, slid: 0 }),
  computed: {
    state() {
      const { name, about, size, gift, pressed, sent, open, chosen, slid } = this;
      return JSON.stringify({ name, about, size, gift, pressed, sent, open, chosen, slid });
    },
  },
  methods: {
    hold(event) {
      event.currentTarget.setPointerCapture(event.pointerId);
      this.slide(event);
    },
    slide({ clientX, currentTarget, pointerId }) {
      const { left, width } = currentTarget.getBoundingClientRect();
      if (currentTarget.hasPointerCapture(pointerId)) this.slid = Math.round(((clientX - left) / width) * 20) * 5;
    },
  },
  template: `
    <form @submit.prevent="sent++">
      <label>Name <input id="name" v-model="name"></label>
      <label>About <textarea id="about" v-model.lazy="about"></textarea></label>
      <label>Size <select id="size" v-model="size"><option>small</option><option>medium</option><option>large</option></select></label>
      <label><input id="gift" type="checkbox" v-model="gift"> Gift</label>
      <button id="more" type="button" @click="pressed++">More</button>
      <button id="check">Check</button>
      <div id="menu" @mouseenter="open = true" @mouseleave="open = false">
        Menu <button v-if="open" id="item" type="button" @click="chosen++">Item</button>
      </div>
      <div id="bar" @pointerdown="hold" @pointermove="slide"></div>
      <output id="state">{{ state }}</output>
    </form>`,
}).mount('#app');
