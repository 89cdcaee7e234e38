import { byId, element, setAmount, setData, setHidden, setText, setTitle, syncRows } from './dom.js';
import { amountText, clockText, countText, venueText } from './format.js';

/**
 * One order book at a time: its levels or its orders, and what was taken from it last.
 * @typedef {import('../view/view.ts').DashboardState} DashboardState
 * @typedef {import('../view/book-view.ts').BookView} BookView
 * @typedef {import('../view/book-view.ts').BookLevelView} BookLevelView
 * @typedef {import('../view/book-view.ts').BookOrderView} BookOrderView
 * @typedef {import('../view/book-view.ts').BookFillView} BookFillView
 */

/** @type {DashboardState | undefined} */
let latest;
let chosen = '';
let byOrder = false;

/** @param {DashboardState} state */
export function showBooks(state) {
  latest = state;
  const { books, bookFeed } = state;
  setHidden(byId('books-panel'), books.length === 0);
  const first = books[0];
  if (first === undefined) return;
  const book = books.find(({ pool }) => pool === chosen) ?? first;
  showChoice(books, book.pool);
  const fed = { live: 'fills live', down: 'fills disconnected', off: 'fills not followed' }[bookFeed.state];
  const lost = bookFeed.lost > 0 ? ` · ${countText(bookFeed.lost)} transactions lost` : '';
  setText(byId('books-note'), `${book.note === '' ? '' : `${book.note} · `}${fed}${lost}`);
  const who = byOrder ? 'Maker' : 'Orders';
  setText(byId('bid-who'), who);
  setText(byId('ask-who'), who);
  showSide('bids', book, byOrder ? book.bidOrders : book.bids, true);
  showSide('asks', book, byOrder ? book.askOrders : book.asks, false);
  showFills(book);
}

/**
 * @param {readonly BookView[]} books
 * @param {string} pool
 */
function showChoice(books, pool) {
  const select = /** @type {HTMLSelectElement} */ (byId('book-pool'));
  // An open list that is made anew closes under the pointer.
  const names = books.map((book) => `${book.base.symbol}/${book.quote.symbol} · ${venueText(book.venue)}`);
  const same =
    select.options.length === books.length &&
    books.every((book, i) => select.options[i]?.value === book.pool && select.options[i]?.text === names[i]);
  if (!same) select.replaceChildren(...books.map((book, i) => new Option(names[i], book.pool)));
  if (select.value !== pool) select.value = pool;
}

/**
 * @param {'bids' | 'asks'} id
 * @param {BookView} book
 * @param {readonly (BookLevelView | BookOrderView)[]} rows
 * @param {boolean} isBids
 */
function showSide(id, book, rows, isBids) {
  setHidden(byId(`${id}-empty`), rows.length > 0);
  const most = Math.max(1, ...rows.map(({ amount }) => Number(amount)));
  // By place: makers write a whole book anew, and rows that come and go would flash all the time.
  const places = rows.map((row, place) => ({ row, place }));
  syncRows(byId(id), places, {
    key: ({ place }) => String(place),
    make() {
      const cells = {
        who: element('td', isBids ? 'soft who' : 'soft num who'),
        amount: element('td', 'num amount depth'),
        price: element('td', isBids ? 'num price strong' : 'price strong'),
      };
      const order = isBids ? [cells.who, cells.amount, cells.price] : [cells.price, cells.amount, cells.who];
      return { root: element('tr', '', order), ...cells };
    },
    update(cells, { row }) {
      setText(cells.price, priceText(row.price));
      setAmount(cells.amount, trimmed(amountText(row.amount, book.base.decimals)));
      setTitle(cells.amount, `${amountText(row.amount, book.base.decimals).head} ${book.base.symbol}`);
      const share = `${((100 * Number(row.amount)) / most).toFixed(1)}%`;
      if (cells.amount.style.getPropertyValue('--share') !== share) {
        cells.amount.style.setProperty('--share', share);
      }
      setText(cells.who, 'id' in row ? shortText(row.maker) : countText(row.orders));
      setTitle(cells.who, 'id' in row ? orderText(row) : '');
    },
  });
}

/** @param {BookView} book */
function showFills(book) {
  setHidden(byId('fills-empty'), book.fills.length > 0);
  syncRows(byId('fills'), book.fills, {
    key: (fill) => fill.id,
    make() {
      const cells = {
        time: element('td', 'c-time'),
        side: element('td', 'fill'),
        price: element('td', 'num'),
        amount: element('td', 'num'),
        maker: element('td', 'soft w-md'),
      };
      const root = element('tr', '', [cells.time, cells.side, cells.price, cells.amount, cells.maker]);
      return { root, ...cells };
    },
    update(cells, fill) {
      setText(cells.time, clockText(fill.atMs));
      setTitle(cells.time, `slot ${fill.slot}, ${fill.id}`);
      setText(cells.side, fill.side === 'buy' ? 'Buy' : 'Sell');
      setData(cells.side, 'side', fill.side);
      setTitle(cells.side, `taker ${fill.taker}`);
      setText(cells.price, priceText(fill.price));
      setAmount(cells.amount, trimmed(amountText(fill.amount, book.base.decimals)));
      const paid = amountText(fill.quoteAmount, book.quote.decimals).head;
      setTitle(cells.amount, `for ${paid} ${book.quote.symbol}`);
      setText(cells.maker, shortText(fill.maker));
      setTitle(cells.maker, fill.maker);
    },
  });
}

/**
 * A column of a book is narrow: the whole amount stands in its title.
 * @param {import('./format.js').AmountText} text
 * @returns {import('./format.js').AmountText}
 */
function trimmed(text) {
  const point = text.head.indexOf('.');
  return { ...text, head: point === -1 ? text.head : text.head.slice(0, point + 5), zeros: '' };
}

/** @param {number} price */
function priceText(price) {
  if (price >= 1_000) return price.toLocaleString('en-US', { maximumFractionDigits: 2 });
  return price >= 1 ? price.toFixed(4) : price.toPrecision(5);
}

/** @param {string} address */
function shortText(address) {
  return `${address.slice(0, 4)}…${address.slice(-4)}`;
}

/** @param {BookOrderView} order */
function orderText(order) {
  const ends = [];
  if (order.lastSlot !== null) ends.push(`until slot ${order.lastSlot}`);
  if (order.lastUnixTimestamp !== null) ends.push(`until ${endText(order.lastUnixTimestamp)}`);
  return [`order ${order.id}`, `of ${order.maker}`, ...ends].join(', ');
}

/** @param {number} unixTimestamp */
function endText(unixTimestamp) {
  const at = new Date(unixTimestamp * 1_000);
  // Makers write numbers that no calendar has.
  return Number.isNaN(at.getTime()) ? 'further than dates go' : at.toISOString();
}

byId('book-pool').addEventListener('change', (event) => {
  chosen = /** @type {HTMLSelectElement} */ (event.target).value;
  if (latest !== undefined) showBooks(latest);
});
for (const [id, orders] of /** @type {const} */ ([
  ['book-levels', false],
  ['book-orders', true],
])) {
  byId(id).addEventListener('click', () => {
    byOrder = orders;
    byId('book-levels').setAttribute('aria-pressed', String(!byOrder));
    byId('book-orders').setAttribute('aria-pressed', String(byOrder));
    if (latest !== undefined) showBooks(latest);
  });
}
