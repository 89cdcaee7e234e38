import { byId, element, setAmount, setData, setHidden, setText, setTitle, syncRows } from './dom.js';
import { amountText, clockText, countText, venueText } from './format.js';

/**
 * Our quotes beside Jupiter's, and what works while something is down.
 * @typedef {import('../view/outside-view.ts').OutsideView} OutsideView
 * @typedef {import('../view/outside-view.ts').ComparisonView} ComparisonView
 * @typedef {import('../view/outside-view.ts').DependencyView} DependencyView
 */

const SOL_DECIMALS = 9;
const STATE_TEXT = { up: 'Up', unseen: 'Not seen yet', trying: 'Trying', down: 'Down', unused: 'Not used' };
const STATE_TAG = { up: 'live', unseen: 'stale', trying: 'stale', down: 'down', unused: 'unused' };

/** @param {OutsideView} outside */
export function showOutside(outside) {
  showComparisons(outside);
  showDependencies(outside);
}

/** @param {OutsideView} outside */
function showComparisons({ comparisons, compares, totals, alarmBps }) {
  const alarms = totals.alarms === 0 ? 'no alarm' : `${countText(totals.alarms)} past ${alarmBps} bps`;
  const note = byId('compare-note');
  setText(note, compares ? `${countText(totals.compared)} compared · ${alarms}` : 'off');
  setData(note, 'bad', String(comparisons.some(({ alarm }) => alarm)));
  const empty = byId('compare-empty');
  setHidden(empty, comparisons.length > 0);
  setText(empty, compares ? 'Nothing compared yet.' : 'No Jupiter is configured (jupiter.url).');
  syncRows(byId('compare'), comparisons, {
    key: ({ key }) => key,
    make: makeComparison,
    update: updateComparison,
  });
}

function makeComparison() {
  const cells = {
    amount: element('div'),
    pair: element('div', 'legs'),
    own: element('div'),
    ownRoute: element('div', 'legs'),
    theirs: element('div'),
    theirRoute: element('div', 'legs'),
    deviation: element('span', 'tag'),
    time: element('td', 'num soft w-sm'),
  };
  const root = element('tr', '', [
    element('td', 'name', [cells.amount, cells.pair]),
    element('td', 'num', [cells.own, cells.ownRoute]),
    element('td', 'num c-theirs', [cells.theirs, cells.theirRoute]),
    element('td', 'num c-deviation', [cells.deviation]),
    cells.time,
  ]);
  return { root, ...cells };
}

/**
 * @param {ReturnType<typeof makeComparison>} row
 * @param {ComparisonView} seen
 */
function updateComparison(row, seen) {
  const { from, to, ownOut, jupiterOut, deviationBps } = seen;
  // What was asked for is a round amount that people wrote down: its zeros say nothing.
  setAmount(row.amount, { ...amountText(seen.amountIn, from.decimals), zeros: '' }, { unit: from.symbol });
  setText(row.pair, `for ${to.symbol}`);
  showQuote(row.own, row.ownRoute, ownOut, seen.ownRoute, to.decimals);
  showQuote(row.theirs, row.theirRoute, jupiterOut, seen.jupiterRoute, to.decimals);
  setText(row.deviation, deviationBps === null ? '–' : bpsText(deviationBps));
  setData(row.deviation, 'tag', seen.alarm ? 'down' : deviationBps === null ? 'unused' : 'live');
  setTitle(
    row.deviation,
    seen.alarm ? 'past the alarm threshold (jupiter.alarmBps)' : 'how much more ours pays',
  );
  setText(row.time, clockText(seen.atMs));
}

/**
 * @param {HTMLElement} amount
 * @param {HTMLElement} route
 * @param {string | null} out
 * @param {string} how
 * @param {number} decimals
 */
function showQuote(amount, route, out, how, decimals) {
  setAmount(amount, out === null ? { head: '–', zeros: '', sign: 0 } : amountText(out, decimals));
  const text = out === null ? how.replace(/-/g, ' ') : how.split(' > ').map(venueText).join(' · ');
  setText(route, text);
  setTitle(route, text);
}

/** @param {number} bps */
function bpsText(bps) {
  return `${bps < 0 ? '−' : bps > 0 ? '+' : ''}${Math.abs(bps).toFixed(2)} bps`;
}

/** @param {OutsideView} outside */
function showDependencies({ dependencies, fee }) {
  const down = dependencies.filter(({ state }) => state === 'down' || state === 'trying').length;
  setText(byId('depends-note'), down === 0 ? 'nothing is down' : `${down} down`);
  setData(byId('depends-note'), 'bad', String(down > 0));
  const lamports = amountText(fee.lamportsPerLeg, SOL_DECIMALS);
  const source = fee.source === 'helius' ? 'estimated by Helius' : 'as configured';
  setText(byId('fee'), `Priority fee of a swap: ${lamports.head} SOL, ${source}`);
  // Where there is one endpoint only, the rows of WebSockets and RPC say all there is to say of it.
  const used = dependencies.filter(({ id, state }) => id !== 'endpoint' || state !== 'unused');
  syncRows(byId('depends'), used, {
    key: ({ id }) => id,
    make() {
      const cells = {
        name: element('span', 'bar-title'),
        state: element('span', 'tag'),
        effect: element('p', 'bar-why'),
      };
      return { root: element('li', '', [cells.name, cells.state, cells.effect]), ...cells };
    },
    update(row, dependency) {
      const { label, state, off, goesOn, reason } = dependency;
      const isDown = state === 'down' || state === 'trying';
      setText(row.name, label);
      setText(row.state, STATE_TEXT[state]);
      setData(row.state, 'tag', STATE_TAG[state]);
      setTitle(row.state, reason);
      setText(
        row.effect,
        isDown ? `${reason === '' ? '' : `${reason}. `}Off: ${off}. Goes on: ${goesOn}.` : '',
      );
      setHidden(row.effect, !isDown);
      setTitle(row.root, `When it is down, off: ${off}. Goes on: ${goesOn}.`);
    },
  });
}
