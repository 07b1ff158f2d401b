// What of rrweb is built into our files, and how: patterns in its own files, each with what stands there instead. A bundler cannot see
// that a part is dead, nor make one quicker; each pattern must be found, or the build fails. Its version is pinned.

import { readFile } from 'node:fs/promises';

/**
 * The parts of the recorder that we never switch on: canvases as commands (ours go out as pictures) with the worker that draws
 * them, frames of other origins, fonts, custom elements, and masking, which is all ours. Two methods among the accessors make it think
 * that the page had changed the DOM's own: it would put a frame into the page, and have it laid out anew, at each start.
 */
const UNUSED = [
  [/^const jsContent = '.*';$/m, "const jsContent = '';"],
  [
    /^class CanvasManager \{[\s\S]*?^\}$/m,
    'class CanvasManager { reset() {} freeze() {} unfreeze() {} lock() {} unlock() {} }',
  ],
  [/^class CrossOriginIframeMirror \{[\s\S]*?^\}$/m, 'class CrossOriginIframeMirror {}'],
  [/^ {2}handleMessage\(message\) \{[\s\S]*?^\}$/m, '}'],
  // Scrolling is followed by states.ts: here one limit holds for all that scrolls, and the last to scroll wins.
  [
    /^function initScrollObserver\([\s\S]*?^\}$/m,
    'function initScrollObserver() { return () => {}; }',
  ],
  // Selections are followed by states.ts as well: what a new snapshot does not say is told after it.
  [
    /^function initSelectionObserver\([\s\S]*?^\}$/m,
    'function initSelectionObserver() { return () => {}; }',
  ],
  [/^function initFontObserver\([\s\S]*?^\}$/m, 'function initFontObserver() { return () => {}; }'],
  [
    /^function initCustomElementObserver\([\s\S]*?^\}$/m,
    'function initCustomElementObserver() { return () => {}; }',
  ],
  [/^function needMaskingText\([\s\S]*?^\}$/m, 'function needMaskingText() { return false; }'],
  ['["shadowRoot", "querySelector", "querySelectorAll"]', '["shadowRoot"]'],
  // The attribute is inline style to a strict policy, which would report each change of a style; the property is not.
  ['old.setAttribute("style", m.oldValue)', 'old.style.cssText = m.oldValue'],
];

/** What the recorder does for each node of a page, and for each change: the same, in less of the page's time. */
const QUICKER = [
  // The DOM's own getters are looked up once, and not by two names in two objects at each node.
  [
    /^function (\w+)\(n\) \{\n {2}return getUntaintedAccessor\("Node", n, "\1"\);\n\}$/gm,
    'let $1Of;\nfunction $1(n) { return ($1Of ??= untaintedGetter("Node", "$1")).call(n); }',
  ],
  [
    'return getUntaintedAccessor("Element", n, "shadowRoot");',
    'return (shadowRootOf ??= untaintedGetter("Element", "shadowRoot")).call(n);',
  ],
  [
    'const untaintedMethodCache = {};',
    `const untaintedMethodCache = {};
let shadowRootOf;
function untaintedGetter(key, name) {
  return Object.getOwnPropertyDescriptor(getUntaintedPrototype(key), name).get;
}`,
  ],
  // What is left out is asked by name and by one attribute, and not by a selector: NEVER in recorder.ts is a list of names.
  [
    /^function _isBlockedElement\([\s\S]*?^\}$/m,
    `const { getAttribute, getAttributeNames } = Element.prototype;
let blockedNames;
function _isBlockedElement(element, blockClass, names) {
  blockedNames ??= new Set(names.split(", "));
  return blockedNames.has(element.localName) || !!getAttribute.call(element, "class")?.includes(blockClass);
}`,
  ],
  [
    /^function isBlocked\([\s\S]*?^\}$/m,
    `function isBlocked(node, blockClass, names, checkAncestors) {
  let element = closestElementOfNode(node);
  for (; element; element = index.parentElement(element)) {
    if (_isBlockedElement(element, blockClass, names)) return true;
    if (!checkAncestors) return false;
  }
  return false;
}`,
  ],
  [
    /^function isIgnored\([\s\S]*?^\}$/m,
    'function isIgnored(n, mirror2) { return mirror2.getId(n) === IGNORED_NODE; }',
  ],
  // What stands in an element that is left out has no number, by which it is told apart in any case.
  [
    '!isBlocked(m.target, this.blockClass, this.blockSelector, false) && value !== m.oldValue',
    'value !== m.oldValue',
  ],
  // A record's fields are asked of the DOM, and what was filtered twice is once.
  [
    /if \(isIgnored\(m\.target, this\.mirror, this\.slimDOMOptions\)\) \{\n([\s\S]*?)index\.textContent\(m\.target\);/,
    'const { target: changed } = m;\n      if (isIgnored(changed, this.mirror)) {\n$1index.textContent(changed);',
  ],
  [
    /value\.replace\(\/\[\\S\]\/g, "\*"\) : value,\n {14}node: m\.target/,
    'value : value,\n              node: changed',
  ],
  [
    /let value = m\.target\.getAttribute\(attributeName\);([\s\S]*?)isBlocked\(m\.target, this\.blockClass, this\.blockSelector, false\)([\s\S]*?)\.get\(m\.target\)([\s\S]*?)node: m\.target,([\s\S]*?)\.set\(m\.target, item\)/,
    'let value = target.getAttribute(attributeName);$1_isBlockedElement(target, this.blockClass, this.blockSelector)$2.get(target)$3node: target,$4.set(target, item)',
  ],
  [
    /\.filter\(\((\w+)\) => !addedIds\.has\(\1\.id\)\)\.filter\(\(\1\) => this\.mirror\.has\(\1\.id\)\)/g,
    '.filter(($1) => !addedIds.has($1.id) && this.mirror.has($1.id))',
  ],
  // An Attr is an object of the DOM's, made for who asks and thrown away; two strings are not.
  [
    /const len = n\.attributes\.length;\n[\s\S]*?\n {4}\}\n {2}\}\n/,
    `for (const name of getAttributeNames.call(n)) {
    const value = getAttribute.call(n, name) ?? "";
    if (!ignoreAttribute(tagName, name, value))
      attributes[name] = transformAttribute(doc, tagName, toLowerCase(name), value);
  }
`,
  ],
  // No list is made of what is only walked over.
  [
    'for (const childN of Array.from(index.childNodes(n))) {',
    'for (let childN = index.firstChild(n); childN; childN = index.nextSibling(childN)) {',
  ],
  // The options of a node are its parent's, and not copied into three others for each.
  [
    /const _serializedNode = serializeNode\(n, \{[\s\S]*?\}\);/,
    'const _serializedNode = serializeNode(n, options);',
  ],
  [
    /return serializeElementNode\(n, \{[\s\S]*?\}\);/,
    'return serializeElementNode(n, options, rootId);',
  ],
  [
    'function serializeElementNode(n, options) {',
    'function serializeElementNode(n, options, rootId) {',
  ],
  [
    '    newlyAddedElement = false,\n    rootId\n  } = options;',
    '    newlyAddedElement = false\n  } = options;',
  ],
  [/return serializeTextNode\(n, \{[\s\S]*?\}\);/, 'return serializeTextNode(n, options, rootId);'],
  ['function serializeTextNode(n, options) {', 'function serializeTextNode(n, options, rootId) {'],
  [
    'const { needsMask, maskTextFn, rootId, cssCaptured } = options;',
    'const { needsMask, maskTextFn, cssCaptured } = options;',
  ],
  [
    /const bypassOptions = \{\n([\s\S]*?)\n {4}\};/,
    `const isOfParent = preserveWhiteSpace === (options.preserveWhiteSpace ?? true) && !cssCaptured && !newlyAddedElement;
    const bypassOptions = isOfParent && serializedNode.attributes?._cssText === void 0 ? options : {\n$1\n    };`,
  ],
  // The table of nodes holds their numbers: what was serialised is gone once it is sent. One question finds a number.
  [
    /getId\(n\) \{\n {4}var _a2;[\s\S]*?\n {2}\}\n/,
    `getId(n) {
    return (n && this.nodeMetaMap.get(n)) ?? -1;
  }
`,
  ],
  [
    'this.nodeMetaMap.set(n, meta);\n  }\n  replace',
    'this.nodeMetaMap.set(n, id);\n  }\n  replace',
  ],
  [
    /let id;\n {2}if \(mirror2\.hasNode\(n\)\) \{\n {4}id = mirror2\.getId\(n\);\n {2}\} else if/,
    'let id = mirror2.getId(n);\n  if (id !== -1) ;\n  else if',
  ],
  // An object from which something is deleted is slow to read from then on.
  ['delete serializedNode.needBlock;', 'serializedNode.needBlock = void 0;'],
  [
    'const serializedNode = Object.assign(_serializedNode, { id });',
    'const serializedNode = _serializedNode;\n  serializedNode.id = id;',
  ],
  // Addresses that are whole only where clean.ts keeps one: what is a picture's, and a style sheet's.
  [
    /^function transformAttribute\([\s\S]*?^\}$/m,
    `function transformAttribute(doc, tagName, name, value) {
  if (!value) return value;
  if (name === "src" || (name === "href" && tagName === "link")) return absoluteToDoc(doc, value);
  return name === "style" && value.includes("url(") ? absolutifyURLs(value, getHref(doc)) : value;
}`,
  ],
  [/^function getAbsoluteSrcsetString\([\s\S]*?^\}$/m, ''],
  // What nothing of ours reads.
  [/let isCustomElement;\n {2}try \{[\s\S]*?\} catch \(e\) \{\n {2}\}\n/, ''],
  ['    isCustom: isCustomElement\n', ''],
  // Only a fragment is a root, and only an element has one, is a frame or links a style sheet.
  ['n && "host" in n && "mode" in n', 'n && n.nodeType === 11 && "host" in n && "mode" in n'],
  ['if (onSerialize) {', 'if (onSerialize && serializedNode.type === NodeType.Element) {'],
];

/** What of the replayer the viewer does itself (agent_ui/src/mirror/own.ts), without a parser of CSS. */
const OWN = [
  [
    /^function adaptCssForReplay\([\s\S]*?^\}$/m,
    'function adaptCssForReplay(cssText) { return cssText; }',
  ],
  // That parser, which it brings twice: made when the file is read, so no bundler may leave it out.
  [/^var postcssExports\$1 = requirePostcss\$1\(\);$[\s\S]*?^postcss\$1\.Node;$/m, ''],
  [/^var postcssExports = requirePostcss\(\);$[\s\S]*?^postcss\.Node;$/m, ''],
];

const changed = (file, parts) => ({
  name: 'changed-rrweb',
  setup(build) {
    build.onLoad({ filter: file }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const [part, instead] of parts) {
        const before = contents;
        contents = contents.replace(part, instead);
        if (contents === before) throw new Error(`expected ${part} in ${path}`);
      }
      return { contents, loader: 'js' };
    });
  },
});

/** esbuild's plugins for the bundle that records, and for the one that shows. */
export const recorderParts = changed(/@rrweb\/record\/dist\/record\.js$/, [...UNUSED, ...QUICKER]);
export const replayerParts = changed(/@rrweb\/replay\/dist\/replay\.js$/, OWN);
