import { byId, element, setAmount, setData, setHidden, setText, setTitle, syncRows } from './dom.js';
import { amountText, clockText, shortAddress, venueText } from './format.js';
import { reasonText } from './reasons.js';

/**
 * Trades, opportunities, mints and skipped pools.
 * @typedef {import('../view.ts').DashboardState} DashboardState
 * @typedef {import('../view.ts').TradeView} TradeView
 * @typedef {import('../view.ts').OpportunityView} OpportunityView
 */

const SOL_DECIMALS = 9;

const RESULT_TEXT = {
  pending: 'Pending',
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
    gross: element('td', 'num w-md'),
    cost: element('td', 'num w-lg'),
    net: element('td', 'num strong c-net'),
  };
  const root = element('tr', 'fresh', [
    cells.time,
    cells.slot,
    element('td', 'c-status', [cells.result]),
    element('td', 'c-route', [cells.route, cells.legs]),
    cells.amountIn,
    cells.expected,
    cells.out,
    cells.gross,
    cells.cost,
    cells.net,
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
  setText(row.time, clockText(trade.atMs));
  setTitle(row.time, `${new Date(trade.atMs).toISOString()}, slot ${trade.slot}`);
  setText(row.slot, String(trade.slot));
  setText(row.result, RESULT_TEXT[trade.status]);
  setData(row.result, 'tag', trade.status);
  const { title, text } = reasonText(trade.reason);
  setTitle(row.result, trade.reason === '' ? '' : `${title}: ${text}`);
  showRoute(row, trade);
  setAmount(row.amountIn, amountText(trade.amountIn, decimals), { unit: symbol });
  setAmount(row.expected, amountText(trade.expectedOut, decimals), { unit: symbol });
  showOrDash(row.out, trade.amountOut, decimals, symbol, paid);
  showOrDash(row.gross, trade.grossProfit, decimals, symbol, paid, true);
  setAmount(row.cost, amountText(trade.costLamports, SOL_DECIMALS));
  setAmount(row.net, amountText(trade.netLamports, SOL_DECIMALS, true), { tone: true });
}

/**
 * @param {HTMLElement} cell
 * @param {string} raw
 * @param {number} decimals
 * @param {string} unit
 * @param {boolean} known
 * @param {boolean} [signed]
 */
function showOrDash(cell, raw, decimals, unit, known, signed = false) {
  if (known) setAmount(cell, amountText(raw, decimals, signed), { unit });
  else setAmount(cell, { head: '–', zeros: '', sign: 0 });
}

function routeCells() {
  return { route: element('div', 'route'), legs: element('div', 'legs') };
}

/**
 * @param {ReturnType<typeof routeCells>} row
 * @param {{ route: string, venues: readonly string[] }} shown
 */
function showRoute(row, shown) {
  const legs = shown.venues.map(venueText).join(' · ');
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
    gross: element('td', 'num w-lg'),
    net: element('td', 'num strong c-net'),
    outcome: element('span', 'tag'),
    reason: element('div', 'legs'),
  };
  const root = element('tr', 'fresh', [
    cells.time,
    element('td', 'c-route', [cells.route, cells.legs]),
    cells.amountIn,
    cells.gross,
    cells.net,
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
  setText(row.time, clockText(seen.atMs));
  setTitle(row.time, `${new Date(seen.atMs).toISOString()}, slot ${seen.slot}`);
  showRoute(row, seen);
  setAmount(row.amountIn, amountText(seen.amountIn, decimals), { unit: symbol });
  setAmount(row.gross, amountText(seen.grossProfit, decimals, true), { unit: symbol });
  setAmount(row.net, amountText(seen.netProfit, decimals, true), { unit: symbol, tone: true });
  const approved = seen.outcome === 'approved';
  const { title, text } = reasonText(seen.reason);
  setText(row.outcome, approved ? 'Approved' : 'Refused');
  setData(row.outcome, 'tag', seen.outcome);
  setText(row.reason, approved ? '' : title);
  setTitle(row.reason, approved ? '' : text);
}

/** @param {DashboardState['pnl']['byMint']} mints */
export function showMints(mints) {
  setHidden(byId('mints-empty'), mints.length > 0);
  syncRows(byId('mints'), mints, {
    key: (mint) => mint.mint,
    make() {
      const cells = {
        symbol: element('th', 'name'),
        trades: element('td', 'num'),
        gross: element('td', 'num'),
        net: element('td', 'num strong'),
      };
      cells.symbol.setAttribute('scope', 'row');
      return { root: element('tr', '', [cells.symbol, cells.trades, cells.gross, cells.net]), ...cells };
    },
    update(row, mint) {
      setText(row.symbol, mint.symbol);
      setTitle(row.symbol, mint.mint);
      setText(row.trades, String(mint.trades));
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
      const cells = { pool: element('td', 'mono'), venue: element('td'), reason: element('td', 'c-why') };
      return { root: element('tr', '', [cells.pool, cells.venue, cells.reason]), ...cells };
    },
    update(row, pool) {
      setText(row.pool, shortAddress(pool.pool));
      setTitle(row.pool, pool.pool);
      setText(row.venue, venueText(pool.venue));
      setText(row.reason, reasonText(pool.reason).title);
      setTitle(row.reason, reasonText(pool.reason).text);
    },
  });
}
