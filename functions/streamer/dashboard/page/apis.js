import { byId, element, setData, setHidden, setText, setTitle, syncRows } from './dom.js';
import { amountText, countText, microsText } from './format.js';

/**
 * The RPC's endpoints, the limits of outside APIs, and what calls cost.
 * @typedef {import('../view/apis-view.ts').ApisView} ApisView
 * @typedef {import('../view/apis-view.ts').UsageView} UsageView
 */

const USD_DECIMALS = 9;

/** @param {ApisView} apis */
export function showApis(apis) {
  showEndpoints(apis.endpoints);
  showWaits(apis.waits);
  showSpending(apis.spending);
}

/** @param {ApisView['endpoints']} endpoints */
function showEndpoints(endpoints) {
  const down = endpoints.filter(({ up }) => !up).length;
  const note = byId('endpoints-note');
  setText(note, down === 0 ? 'nothing is down' : `${down} of ${endpoints.length} down`);
  setData(note, 'bad', String(down > 0));
  syncRows(byId('endpoints'), endpoints, {
    key: ({ name }) => name,
    make() {
      const cells = {
        name: element('div'),
        provider: element('div', 'legs'),
        problem: element('div', 'why'),
        state: element('span', 'tag'),
        score: element('td', 'num w-xs'),
        latency: element('td', 'num'),
        errors: element('td', 'num w-xs'),
        lag: element('td', 'num'),
      };
      const name = element('th', 'name', [cells.name, cells.provider, cells.problem]);
      name.setAttribute('scope', 'row');
      const state = element('td', '', [cells.state]);
      const root = element('tr', '', [name, state, cells.score, cells.latency, cells.errors, cells.lag]);
      return { root, ...cells };
    },
    update(row, endpoint) {
      setText(row.name, endpoint.name);
      setText(row.provider, endpoint.provider);
      setText(row.problem, endpoint.problem);
      setText(row.state, endpoint.up ? 'Up' : 'Down');
      setData(row.state, 'tag', endpoint.up ? 'live' : 'down');
      setText(row.score, endpoint.score >= 100 ? countText(endpoint.score) : endpoint.score.toFixed(1));
      setText(row.latency, microsText(endpoint.latencyMs * 1_000));
      setText(row.errors, `${(endpoint.errorRate * 100).toFixed(1)} %`);
      setText(row.lag, countText(endpoint.slotLag));
    },
  });
}

/** @param {ApisView['waits']} waits */
function showWaits(waits) {
  const queued = waits.reduce((sum, row) => sum + row.queued, 0);
  const shed = waits.reduce((sum, row) => sum + row.shed, 0);
  setText(byId('waits-note'), `${countText(queued)} wait · ${countText(shed)} gave way`);
  setHidden(byId('waits-empty'), waits.length > 0);
  syncRows(byId('waits'), waits, {
    key: ({ lane, priority }) => `${lane} ${priority}`,
    make() {
      const cells = {
        priority: element('div'),
        lane: element('div', 'legs'),
        granted: element('td', 'num'),
        p50: element('td', 'num w-sm'),
        p99: element('td', 'num'),
        queued: element('td', 'num w-xs'),
        shed: element('td', 'num'),
      };
      const name = element('th', 'name', [cells.priority, cells.lane]);
      name.setAttribute('scope', 'row');
      const root = element('tr', '', [name, cells.granted, cells.p50, cells.p99, cells.queued, cells.shed]);
      return { root, ...cells };
    },
    update(row, wait) {
      setText(row.priority, wait.priority);
      setText(row.lane, wait.lane);
      setText(row.granted, countText(wait.granted));
      setText(row.p50, microsText(wait.waitP50Micros));
      setText(row.p99, microsText(wait.waitP99Micros));
      setText(row.queued, countText(wait.queued));
      setText(row.shed, countText(wait.shed));
    },
  });
}

/** @param {ApisView['spending']} spending */
function showSpending(spending) {
  setHidden(byId('spending-empty'), spending.length > 0);
  syncRows(byId('spending'), spending, {
    key: ({ provider }) => provider,
    make() {
      const total = usageCells('w-sm', 'w-sm');
      const hour = usageCells('', 'w-sm');
      const name = element('th', 'name');
      name.setAttribute('scope', 'row');
      return { root: element('tr', '', [name, ...total.tds, ...hour.tds]), name, total, hour };
    },
    update(row, { provider, total, lastHour }) {
      setText(row.name, provider);
      showUsage(row.total, total);
      showUsage(row.hour, lastHour);
    },
  });
}

/**
 * @param {string} requestsWidth
 * @param {string} creditsWidth
 */
function usageCells(requestsWidth, creditsWidth) {
  const requests = element('td', `num ${requestsWidth}`);
  const throttled = element('td', 'num w-sm');
  const credits = element('td', `num ${creditsWidth}`);
  const usd = element('td', 'num');
  return { tds: [requests, throttled, credits, usd], requests, throttled, credits, usd };
}

/**
 * @param {ReturnType<typeof usageCells>} cells
 * @param {UsageView} usage
 */
function showUsage(cells, usage) {
  setText(cells.requests, countText(usage.requests));
  setText(cells.throttled, countText(usage.throttled));
  setText(cells.credits, countText(usage.credits));
  const dollars = amountText(usage.costNanoUsd, USD_DECIMALS);
  // A hundredth of a cent is enough to read; the whole of it is in the title.
  const exact = `${dollars.head}${dollars.zeros}`;
  setText(cells.usd, `$${exact.slice(0, exact.indexOf('.') + 5)}`);
  setTitle(cells.usd, `$${exact}`);
}
