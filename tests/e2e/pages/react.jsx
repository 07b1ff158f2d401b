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
      <output id="state">{JSON.stringify({ name, about, size, gift, pressed, sent })}</output>
    </form>
  );
}

createRoot(document.getElementById('app')).render(<App />);
