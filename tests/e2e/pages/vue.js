// v-model on every field; `about` waits for `change`.
Vue.createApp({
  data: () => ({ name: '', about: '', size: 'small', gift: false, pressed: 0, sent: 0 }),
  computed: {
    state() {
      const { name, about, size, gift, pressed, sent } = this;
      return JSON.stringify({ name, about, size, gift, pressed, sent });
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
      <output id="state">{{ state }}</output>
    </form>`,
}).mount('#app');
