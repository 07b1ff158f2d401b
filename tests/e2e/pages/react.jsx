/** @jsxImportSource react */
// Controlled fields: React puts its own value back wherever it has not heard of a change.
import { useState } from 'react';
import { createRoot } from 'react-dom/client';

function App() {
  const [name, setName] = useState('');
  const [about, setAbout] = useState('');
  const [size, setSize] = useState('small');
  const [gift, setGift] = useState(false);
  const [pressed, setPressed] = useState(0);
  const [sent, setSent] = useState(0);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(0);
  const [slid, setSlid] = useState(0);
  const slide = ({ clientX, currentTarget }) => {
    const { left, width } = currentTarget.getBoundingClientRect();
    setSlid(Math.round(((clientX - left) / width) * 20) * 5);
  };
  return (
    <form onSubmit={(event) => { event.preventDefault(); setSent(sent + 1); }}>
      <label>Name <input id="name" value={name} onChange={(event) => setName(event.target.value)} /></label>
      <label>About <textarea id="about" value={about} onChange={(event) => setAbout(event.target.value)} /></label>
      <label>
        Size
        <select id="size" value={size} onChange={(event) => setSize(event.target.value)}>
          <option>small</option><option>medium</option><option>large</option>
        </select>
      </label>
      <label><input id="gift" type="checkbox" checked={gift} onChange={(event) => setGift(event.target.checked)} /> Gift</label>
      <button id="more" type="button" onClick={() => setPressed(pressed + 1)}>More</button>
      <button id="check">Check</button>
      <div id="menu" onMouseEnter={() => setOpen(true)} onMouseLeave={() => setOpen(false)}>
        Menu {open && <button id="item" type="button" onClick={() => setChosen(chosen + 1)}>Item</button>}
      </div>
      <div
        id="bar"
        onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); slide(event); }}
        onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && slide(event)}
      />
      <output id="state">{JSON.stringify({ name, about, size, gift, pressed, sent, open, chosen, slid })}</output>
    </form>
  );
}

createRoot(document.getElementById('app')).render(<App />);
