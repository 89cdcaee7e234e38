import { byId, element, setAmount, setData, setHidden, setText, setTitle, syncRows } from './dom.js';
import {
  ageText,
  amountText,
  bytesText,
  countText,
  microsText,
  percentText,
  rateText,
  venueText,
} from './format.js';
import { createHistogram, decadesText, sharedDecades } from './histogram.js';
import { reasonText } from './reasons.js';

/**
 * Key figures, feeds, latency, refusals and the store.
 * @typedef {import('../view/view.ts').DashboardState} DashboardState
 * @typedef {import('../view/view.ts').StageLatencyView} StageLatencyView
 */

const SOL_DECIMALS = 9;

const FEED_TEXT = {
  live: 'Live',
  stale: 'Stale',
  down: 'Down',
  skipped: 'Skipped',
  quarantined: 'Quarantined',
};

const STAGE_TEXT = {
  total: 'Frame → decision',
  decode: 'Decode',
  apply: 'Apply',
  search: 'Search',
  approve: 'Approve',
  build: 'Build',
  sign: 'Sign',
};

/** @param {string} stage */
function stageText(stage) {
  return Object.hasOwn(STAGE_TEXT, stage)
    ? STAGE_TEXT[/** @type {keyof typeof STAGE_TEXT} */ (stage)]
    : venueText(stage);
}

/** @param {DashboardState} state */
export function showKpis(state) {
  const { pnl, tally, updates } = state;
  setAmount(byId('kpi-net'), amountText(pnl.netLamports, SOL_DECIMALS, true), { unit: 'SOL', tone: true });
  const cost = amountText(pnl.costLamports, SOL_DECIMALS);
  setText(byId('kpi-net-sub'), `after ${cost.head} SOL of costs`);

  const attempts = tally.filled + tally.reverted + tally.notLanded;
  setText(byId('kpi-trades'), countText(attempts));
  const missed = `${countText(tally.reverted)} reverted · ${countText(tally.notLanded)} not landed`;
  setText(byId('kpi-trades-sub'), `${countText(tally.filled)} filled · ${missed}`);
  setText(byId('kpi-win'), percentText(tally.won, attempts));
  setText(byId('kpi-win-sub'), `${countText(tally.won)} of ${countText(attempts)}`);

  const total = state.latency.find((stage) => stage.stage === 'total');
  const timed = total !== undefined && total.count > 0;
  setText(byId('kpi-p99'), timed ? microsText(total.p99Micros) : '–');
  setText(byId('kpi-p99-sub'), timed ? `p50 ${microsText(total.p50Micros)}` : 'nothing timed yet');
  setText(byId('kpi-updates'), rateText(updates.perSecond));
  setText(byId('kpi-updates-sub'), `${countText(updates.total)} in all`);
  setText(byId('kpi-slot'), state.slot === 0 ? '–' : countText(state.slot));
  setText(byId('kpi-rss'), bytesText(state.memory.rssBytes));
}

/** @param {DashboardState['venues']} venues */
export function showVenues(venues) {
  setHidden(byId('venues-empty'), venues.length > 0);
  const live = venues.filter((venue) => venue.state === 'live').length;
  setText(byId('venues-note'), `${live} of ${venues.length} live`);
  syncRows(byId('venues'), venues, {
    key: (venue) => venue.venue,
    make() {
      const cells = {
        name: element('div'),
        note: element('div', 'legs'),
        feed: element('span', 'tag'),
        age: element('td', 'num'),
        pools: element('td', 'num'),
        updates: element('td', 'num w-sm'),
        rate: element('td', 'num'),
      };
      const name = element('th', 'name', [cells.name, cells.note]);
      name.setAttribute('scope', 'row');
      const feed = element('td', '', [cells.feed]);
      return {
        root: element('tr', '', [name, feed, cells.age, cells.pools, cells.updates, cells.rate]),
        ...cells,
      };
    },
    update(row, venue) {
      setText(row.name, venueText(venue.venue));
      setText(row.note, venue.note);
      setTitle(row.note, venue.note);
      setText(row.feed, FEED_TEXT[venue.state]);
      setData(row.feed, 'tag', venue.state);
      setText(row.age, venue.updateAgeMs === null ? '–' : ageText(venue.updateAgeMs));
      setText(row.pools, countText(venue.pools));
      setText(row.updates, countText(venue.updates));
      setText(row.rate, rateText(venue.updatesPerSecond));
    },
  });
}

/** @param {DashboardState['refusals']} refusals */
export function showRefusals(refusals) {
  setHidden(byId('refusals-empty'), refusals.length > 0);
  let total = 0;
  for (const { count } of refusals) total += count;
  setText(byId('refusals-total'), `${countText(total)} in all`);
  const most = refusals[0]?.count ?? 1;
  syncRows(byId('refusals'), refusals, {
    key: (refusal) => refusal.reason,
    make(refusal) {
      const cells = {
        title: element('span', 'bar-title'),
        count: element('span', 'bar-count'),
        fill: element('span', 'bar-fill'),
        why: element('p', 'bar-why'),
      };
      const { title, text } = reasonText(refusal.reason);
      setText(cells.title, title);
      setTitle(cells.title, refusal.reason);
      setText(cells.why, text);
      const root = element('li', '', [
        cells.title,
        cells.count,
        element('span', 'bar', [cells.fill]),
        cells.why,
      ]);
      return { root, ...cells };
    },
    update(row, refusal) {
      setText(row.count, countText(refusal.count));
      setTitle(row.count, percentText(refusal.count, total));
      const width = `${Math.max(0.5, (100 * refusal.count) / most).toFixed(1)}%`;
      if (row.fill.style.width !== width) row.fill.style.width = width;
    },
  });
}

/** @type {Map<string, ReturnType<typeof createHistogram>>} */
const histograms = new Map();

/** @param {readonly StageLatencyView[]} stages */
export function showLatency(stages) {
  setHidden(byId('latency-empty'), stages.length > 0);
  const decades = sharedDecades(stages);
  setText(byId('latency-note'), decades === undefined ? '' : decadesText(decades));
  syncRows(byId('latency'), stages, {
    key: (stage) => stage.stage,
    make(stage) {
      const cells = {
        name: element('th', 'name'),
        histogram: element('div', 'histogram'),
        p50: element('td', 'num'),
        p99: element('td', 'num strong c-p99'),
        max: element('td', 'num w-sm'),
        count: element('td', 'num w-sm'),
      };
      cells.name.setAttribute('scope', 'row');
      cells.histogram.setAttribute('aria-hidden', 'true');
      setText(cells.name, stageText(stage.stage));
      const plot = element('td', 'c-histogram', [cells.histogram]);
      const root = element('tr', stage.stage === 'total' ? 'total' : '', [
        cells.name,
        plot,
        cells.p50,
        cells.p99,
        cells.max,
        cells.count,
      ]);
      return { root, ...cells };
    },
    update(row, stage) {
      setText(row.p50, stage.count === 0 ? '–' : microsText(stage.p50Micros));
      setText(row.p99, stage.count === 0 ? '–' : microsText(stage.p99Micros));
      setText(row.max, stage.count === 0 ? '–' : microsText(stage.maxMicros));
      setText(row.count, countText(stage.count));
    },
  });
  if (decades === undefined) return;
  const boxes = byId('latency').querySelectorAll('.histogram');
  stages.forEach((stage, index) => {
    const box = boxes[index];
    if (!(box instanceof HTMLElement)) return;
    let histogram = histograms.get(stage.stage);
    if (histogram === undefined) {
      histogram = createHistogram(box);
      histograms.set(stage.stage, histogram);
    }
    histogram.show(stage, decades);
  });
}

export function redrawHistograms() {
  for (const histogram of histograms.values()) histogram.redraw();
}

/** @param {DashboardState['store']} store */
export function showStore(store) {
  setText(byId('store-written'), countText(store.written));
  setText(byId('store-queued'), countText(store.queued));
  setText(byId('store-dropped'), countText(store.dropped));
  setData(byId('store-dropped-row'), 'bad', String(store.dropped > 0));
  setText(byId('store-note'), store.dropped > 0 ? 'records were lost' : 'nothing lost');
}
