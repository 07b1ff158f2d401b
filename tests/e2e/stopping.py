"""What leaves a page after its shopper has said Stop, counted in the page: for tests and for the bench."""

from __future__ import annotations

AFTER_STOP = """() => {
  const { send } = WebSocket.prototype;
  let over = false;
  window.sent = window.late = 0;
  WebSocket.prototype.send = function (data) {
    if (new TextDecoder('latin1').decode(data).includes('\\u00a6mirror')) window[over ? 'late' : 'sent'] += 1;
    return send.call(this, data);
  };
  addEventListener('click', () => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { over = true; }; // the turn in which the shopper said Stop has ended
    port2.postMessage(0);
  }, true);
}"""
"""From the turn after the next click on, `late` counts the mirror's frames; those before are `sent`."""

AFTER_STOP_STEPS = """() => {
  let over = false;
  window.applied = window.applied_late = 0;
  const made = ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'keydown', 'keyup', 'change'];
  const done = ['beforeinput', 'input', 'submit', 'reset'];
  for (const kind of [...made, ...done]) {
    addEventListener(kind, (event) => {
      const own = event.isTrusted && event.target.localName === 'cobrowse-widget';
      if (!event.isTrusted || (done.includes(kind) && !own)) window[over ? 'applied_late' : 'applied'] += 1;
      else if (own && kind === 'click') {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => { over = true; }; // the turn in which the shopper said Stop has ended
        port2.postMessage(0);
      }
    }, true);
  }
}"""
"""From the turn after the shopper's click in the widget on, `applied_late` counts what a CSA's hand does to the page,
by its events; what it did before is `applied`. The shopper types into the widget alone."""

CHANGING = """() => {
  const heading = document.querySelector('h1');
  window.changes = 0;
  setInterval(() => { heading.textContent = `Change ${++window.changes}`; }, 5);
  window.passed = (holds, since = window.changes) => new Promise((done) => {
    setInterval(() => { if (holds(since)) done(); }, 5);
  });
}"""
"""The page's heading changes all the time; `passed` waits for a condition, given how often it had changed before."""
