// The tree of a page as it can be compared with its mirror: one line a node, with its place, its box and its state. Run in the
// shopper's page and in the console alike; `mirrored` says which.
(() => {
  const OMITTED =
    'script, noscript, template, base, meta, source, track, param, title, input[type=hidden], cobrowse-widget, cobrowse-gap, link:not([rel~=stylesheet])';
  const BOXES = 'object, embed, math, audio:not([poster]), video:not([poster]), img:not([src]):not([srcset]), img[src=""]';
  const round = (value) => Math.round(value * 2) / 2;

  function isBox(element, mirrored) {
    if (mirrored) return element.matches('[data-cobrowse-placeholder]:not([data-cobrowse-placeholder=field])');
    if (element.localName === 'iframe') return !element.contentDocument;
    if (element.localName === 'closed-card') return !element.hasChildNodes();
    return element.matches(BOXES);
  }

  function stateOf(element) {
    const { localName } = element;
    const said = [];
    if (localName === 'input' || localName === 'textarea') said.push(/checkbox|radio/.test(element.type) ? '' : `value=${element.value}`);
    if (localName === 'input' && element.checked) said.push('checked');
    if (localName === 'select') said.push(`chosen=${[...element.selectedOptions].map((each) => each.index)}`);
    if (element.open) said.push(element.matches(':modal') ? 'modal' : 'open');
    if (element.hasAttribute('popover') && element.matches(':popover-open')) said.push('popover');
    if (element.disabled) said.push('disabled');
    if (element.scrollTop || element.scrollLeft) said.push(`scrolled=${round(element.scrollLeft)},${round(element.scrollTop)}`);
    if (localName === 'img' && element.complete && element.naturalWidth) said.push('loaded');
    return said.join(' ');
  }

  function place(element) {
    const { x, y, width, height } = element.getBoundingClientRect();
    return width || height ? `${round(x)},${round(y)} ${round(width)}x${round(height)}` : '';
  }

  window.treeOf = (document_, mirrored) => {
    const lines = [];
    const walk = (node, depth) => {
      if (!node) return; // a frame whose page is just being made
      const indent = ' '.repeat(depth);
      if (node.nodeType === 3) {
        if (node.parentNode.localName === 'head' && !node.data.trim()) return;
        lines.push(indent + JSON.stringify(node.data));
        return;
      }
      if (node.nodeType !== 1 || node.matches(OMITTED)) return;
      if (mirrored && node.localName === 'style' && node.parentNode.localName === 'html') return; // the viewer's own
      let name = node.localName;
      if (name === 'link') name = 'style';
      if (name === 'canvas' || name === 'img') name = 'picture';
      const box = isBox(node, mirrored);
      if (box) name = 'box';
      if (mirrored && node.hasAttribute('data-cobrowse-canvas')) name = 'picture';
      const state = box ? '' : stateOf(node).replace(/^loaded$/, name === 'picture' && node.localName === 'img' ? 'loaded' : '');
      lines.push(`${indent}<${name}> ${place(node)} ${name === 'picture' ? '' : state}`.trimEnd());
      if (box || name === 'style' || name === 'picture' || name === 'textarea') return;
      if (node.shadowRoot) {
        lines.push(`${indent} #shadow`);
        for (const child of node.shadowRoot.childNodes) walk(child, depth + 2);
      }
      if (name === 'iframe') {
        lines.push(`${indent} #document`);
        if (node.contentDocument) walk(node.contentDocument.documentElement, depth + 2);
        return;
      }
      for (const child of node.childNodes) walk(child, depth + 1);
    };
    walk(document_.documentElement, 0);
    return lines.join('\n');
  };

  /** Whether all that is to be seen has been loaded. */
  window.isSettled = (document_) => {
    const seen = [document_];
    for (const each of seen) {
      for (const frame of each.querySelectorAll('iframe')) if (frame.contentDocument) seen.push(frame.contentDocument);
    }
    return seen.every(
      (each) =>
        each.fonts.status === 'loaded' &&
        [...each.images].every((image) => !image.getAttribute('src') || (image.complete && image.naturalWidth > 0)) &&
        !each.getAnimations().some((animation) => animation.playState === 'running' && animation.effect.getTiming().iterations < 100),
    );
  };
})();
