import { byId, element, setAmount, setData, setHidden, setText, setTitle, syncRows } from './dom.js';
import { amountText, clockText, countText, hopText, venueText } from './format.js';
import { reasonText } from './reasons.js';

/**
 * Trades, opportunities, mints and skipped pools.
 * @typedef {import('../view/view.ts').DashboardState} DashboardState
 * @typedef {import('../view/view.ts').TradeView} TradeView
 * @typedef {import('../view/view.ts').OpportunityView} OpportunityView
 */

const SOL_DECIMALS = 9;

const RESULT_TEXT = {
  pending: 'Pending',
  unknown: 'Unknown',
  filled: 'Filled',
  reverted: 'Reverted',
  'not-landed': 'Not landed',
};

/** @param {readonly TradeView[]} trades */
export function showTrades(trades) {
  setHidden(byId('trades-empty'), trades.length > 0);
  syncRows(byId('trades'), trades, { key: (trade) => trade.tradeId, make: makeTrade, update: updateTrade });
}

function makeTrade() {
  const cells = {
    time: element('td', 'c-time'),
    slot: element('td', 'c-slot w-xl'),
    result: element('span', 'tag'),
    ...routeCells(),
    amountIn: element('td', 'num w-md'),
    expected: element('td', 'num w-xl'),
    out: element('td', 'num w-lg'),
    gross: element('td', 'num w-md w-tablet'),
    cost: element('td', 'num w-lg'),
    ...netCells(),
  };
  const root = element('tr', '', [
    cells.time,
    cells.slot,
    element('td', 'c-status', [cells.result]),
    element('td', 'c-route', [cells.route, cells.legs]),
    cells.amountIn,
    cells.expected,
    cells.out,
    cells.gross,
    cells.cost,
    element('td', 'num c-net', [cells.net, cells.smallTime]),
  ]);
  return { root, ...cells };
}

/**
 * @param {ReturnType<typeof makeTrade>} row
 * @param {TradeView} trade
 */
function updateTrade(row, trade) {
  const { decimals, symbol } = trade.start;
  const paid = trade.status === 'filled';
  showTime(row, trade);
  setText(row.slot, String(trade.slot));
  setText(row.result, RESULT_TEXT[trade.status]);
  setData(row.result, 'tag', trade.status);
  const { title, text } = reasonText(trade.reason);
  setTitle(row.result, trade.reason === '' ? '' : `${title}: ${text}`);
  showRoute(row, trade);
  setAmount(row.amountIn, amountText(trade.amountIn, decimals), { unit: symbol });
  setAmount(row.expected, amountText(trade.expectedOut, decimals));
  showOrDash(row.out, amountText(trade.amountOut, decimals), paid);
  showOrDash(row.gross, amountText(trade.grossProfit, decimals, true), paid);
  setAmount(row.cost, amountText(trade.costLamports, SOL_DECIMALS));
  setAmount(row.net, amountText(trade.netLamports, SOL_DECIMALS, true), { tone: true });
}

/**
 * @param {HTMLElement} cell
 * @param {import('./format.js').AmountText} text
 * @param {boolean} known
 */
function showOrDash(cell, text, known) {
  setAmount(cell, known ? text : { head: '–', zeros: '', sign: 0 });
}

/** The time stands under the net where the page is too narrow for a column of its own. */
function netCells() {
  return { net: element('div', 'strong'), smallTime: element('div', 'legs narrow') };
}

/**
 * @param {{ time: HTMLElement, smallTime: HTMLElement }} row
 * @param {{ atMs: number, slot: number }} shown
 */
function showTime(row, shown) {
  const time = clockText(shown.atMs);
  setText(row.time, time);
  setText(row.smallTime, time);
  setTitle(row.time, `${new Date(shown.atMs).toISOString()}, slot ${shown.slot}`);
}

function routeCells() {
  return { route: element('div', 'route'), legs: element('div', 'legs') };
}

/**
 * @param {ReturnType<typeof routeCells>} row
 * @param {Pick<OpportunityView, 'route' | 'hops'>} shown
 */
function showRoute(row, shown) {
  const legs = shown.hops.map(hopText).join(' · ');
  setText(row.route, shown.route);
  setTitle(row.route, shown.route);
  setText(row.legs, legs);
  setTitle(row.legs, legs);
}

/** @param {readonly OpportunityView[]} opportunities */
export function showOpportunities(opportunities) {
  setHidden(byId('opps-empty'), opportunities.length > 0);
  const row = {
    key: (/** @type {OpportunityView} */ seen) => seen.id,
    make: makeOpportunity,
    update: updateOpportunity,
  };
  syncRows(byId('opps'), opportunities, row);
}

function makeOpportunity() {
  const cells = {
    time: element('td', 'c-time'),
    ...routeCells(),
    amountIn: element('td', 'num w-md'),
    gross: element('td', 'num w-xl'),
    ...netCells(),
    outcome: element('span', 'tag'),
    reason: element('div', 'legs'),
  };
  const root = element('tr', '', [
    cells.time,
    element('td', 'c-route', [cells.route, cells.legs]),
    cells.amountIn,
    cells.gross,
    element('td', 'num c-net', [cells.net, cells.smallTime]),
    element('td', 'c-outcome', [cells.outcome, cells.reason]),
  ]);
  return { root, ...cells };
}

/**
 * @param {ReturnType<typeof makeOpportunity>} row
 * @param {OpportunityView} seen
 */
function updateOpportunity(row, seen) {
  const { decimals, symbol } = seen.start;
  showTime(row, seen);
  showRoute(row, seen);
  setAmount(row.amountIn, amountText(seen.amountIn, decimals), { unit: symbol });
  setAmount(row.gross, amountText(seen.grossProfit, decimals, true));
  setAmount(row.net, amountText(seen.netProfit, decimals, true), { tone: true });
  const approved = seen.outcome === 'approved';
  const { title, text } = reasonText(seen.reason);
  setText(row.outcome, approved ? 'Approved' : 'Refused');
  setData(row.outcome, 'tag', seen.outcome);
  setText(row.reason, approved ? '' : title);
  setTitle(row.reason, approved ? '' : text);
}

/** @param {DashboardState} state */
export function showMints({ pnl, tally }) {
  const mints = pnl.byMint;
  setText(byId('mints-trades'), countText(tally.filled + tally.reverted + tally.notLanded));
  setAmount(byId('mints-net'), amountText(pnl.netLamports, SOL_DECIMALS, true), { tone: true });
  setHidden(byId('mints-empty'), mints.length > 0);
  syncRows(byId('mints'), mints, {
    key: (mint) => mint.mint,
    make() {
      const cells = {
        symbol: element('th', 'name'),
        trades: element('td', 'num w-xs'),
        gross: element('td', 'num'),
        net: element('td', 'num strong'),
      };
      cells.symbol.setAttribute('scope', 'row');
      return { root: element('tr', '', [cells.symbol, cells.trades, cells.gross, cells.net]), ...cells };
    },
    update(row, mint) {
      setText(row.symbol, mint.symbol);
      setTitle(row.symbol, mint.mint);
      setText(row.trades, countText(mint.trades));
      setAmount(row.gross, amountText(mint.gross, mint.decimals, true));
      setAmount(row.net, amountText(mint.netLamports, SOL_DECIMALS, true), { tone: true });
    },
  });
}

/** @param {DashboardState['skippedPools']} pools */
export function showSkippedPools(pools) {
  setHidden(byId('skipped-empty'), pools.length > 0);
  setText(byId('skipped-note'), pools.length === 0 ? 'none' : `${pools.length}, never traded on`);
  syncRows(byId('skipped'), pools, {
    key: (pool) => pool.pool,
    make() {
      const cells = {
        pool: element('td', 'mono'),
        venue: element('td'),
        reason: element('td'),
        why: element('td', 'w-meaning soft'),
      };
      return { root: element('tr', '', [cells.pool, cells.venue, cells.reason, cells.why]), ...cells };
    },
    update(row, pool) {
      setText(row.pool, pool.pool);
      setTitle(row.pool, pool.pool);
      setText(row.venue, venueText(pool.venue));
      const { title, text } = reasonText(pool.reason);
      setText(row.reason, title);
      setTitle(row.reason, text);
      setText(row.why, text);
      setTitle(row.why, text);
    },
  });
}
