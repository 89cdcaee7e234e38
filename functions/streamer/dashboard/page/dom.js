/** Small steps on the document. Text only ever goes in as text, and only when it differs. */

/**
 * The element with this id. Throws when the page has none: then page and script do not belong together.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/**
 * @param {string} tag
 * @param {string} [className]
 * @param {readonly Node[]} [children]
 * @returns {HTMLElement}
 */
export function element(tag, className = '', children = []) {
  const made = document.createElement(tag);
  if (className !== '') made.className = className;
  made.append(...children);
  return made;
}

/**
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {HTMLElement} node
 * @param {string} title
 */
export function setTitle(node, title) {
  if (node.title !== title) node.title = title;
}

/**
 * @param {HTMLElement} node
 * @param {string} key
 * @param {string} value
 */
export function setData(node, key, value) {
  if (node.dataset[key] !== value) node.dataset[key] = value;
}

/**
 * @param {HTMLElement} node
 * @param {boolean} hidden
 */
export function setHidden(node, hidden) {
  if (node.hidden !== hidden) node.hidden = hidden;
}

/** @typedef {{ readonly head: HTMLElement, readonly zeros: HTMLElement, readonly unit: HTMLElement }} AmountParts */

/** @type {WeakMap<Element, AmountParts>} */
const amountParts = new WeakMap();

/**
 * Shows an amount in `node`: digits that matter, padding zeros dimmed, and the unit.
 * @param {HTMLElement} node
 * @param {import('./format.js').AmountText} text
 * @param {{ unit?: string, tone?: boolean }} [options] `tone` colours gains and losses.
 */
export function setAmount(node, text, { unit = '', tone = false } = {}) {
  let parts = amountParts.get(node);
  if (parts === undefined) {
    parts = { head: element('span'), zeros: element('span', 'zeros'), unit: element('span', 'unit') };
    amountParts.set(node, parts);
    node.replaceChildren(parts.head, parts.zeros, parts.unit);
  }
  setText(parts.head, text.head);
  setText(parts.zeros, text.zeros);
  setText(parts.unit, unit === '' ? '' : `\u00a0${unit}`);
  setData(node, 'sign', text.sign === 0 ? 'zero' : !tone ? 'plain' : text.sign > 0 ? 'gain' : 'loss');
}

/** @type {WeakMap<Element, Map<string, unknown>>} */
const rowsOf = new WeakMap();

/**
 * Makes the children of `parent` follow `items` in order: rows are made once by key, updated in place, moved only
 * when their order changed and removed when their item is gone.
 * @template T, R
 * @param {Element} parent
 * @param {readonly T[]} items
 * @param {{ key: (item: T) => string, make: (item: T) => { root: HTMLElement } & R,
 *   update: (row: { root: HTMLElement } & R, item: T) => void }} row
 */
export function syncRows(parent, items, { key, make, update }) {
  let rows = /** @type {Map<string, { root: HTMLElement } & R> | undefined} */ (rowsOf.get(parent));
  if (rows === undefined) {
    rows = new Map();
    rowsOf.set(parent, rows);
  }
  const first = rows.size === 0;
  const gone = new Set(rows.keys());
  for (const item of items) gone.delete(key(item));
  for (const name of gone) {
    rows.get(name)?.root.remove();
    rows.delete(name);
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    let row = rows.get(name);
    if (row === undefined) {
      row = make(item);
      rows.set(name, row);
      if (!first) markFresh(row.root);
    }
    update(row, item);
    if (row.root === next) next = next.nextElementSibling;
    else parent.insertBefore(row.root, next);
  }
}

/**
 * Lets the style sheet show for a moment that a row is new.
 * @param {HTMLElement} root
 */
function markFresh(root) {
  root.classList.add('fresh');
  root.addEventListener('animationend', () => root.classList.remove('fresh'), { once: true });
}
