import { showApis } from './apis.js';
import { showBooks } from './books.js';
import { connect } from './connection.js';
import { createControls } from './control.js';
import { byId, setData, setHidden, setText, setTitle } from './dom.js';
import { showChain, showFeed } from './feed.js';
import { ageText, clockText, durationText, solText } from './format.js';
import { showOutside } from './outside.js';
import { redrawHistograms, showKpis, showLatency, showRefusals, showStore, showVenues } from './panels.js';
import { createPnlPlot } from './plot.js';
import { showMints, showOpportunities, showSkippedPools, showTrades } from './tables.js';

/** @typedef {import('../view/view.ts').DashboardState} DashboardState */

const STATUS_TEXT = {
  starting: 'Starting',
  running: 'Running',
  paused: 'Paused',
  halted: 'Halted',
  draining: 'Draining',
  'feed-down': 'Feed down',
  'not-trading': 'Not trading',
};

const MODE_TEXT = { paper: 'PAPER', live: 'LIVE' };

/** @type {DashboardState | undefined} */
let state;
/** @type {DashboardState | undefined} */
let shown;
let connected = false;
let receivedAt = performance.now();
let reading = false;

const controls = createControls();
const plot = createPnlPlot(byId('pnl-plot'), (text) => setText(byId('pnl-readout'), text));

/** @param {DashboardState} now */
function show(now) {
  const before = shown;
  shown = now;
  showHeader(now);
  showKpis(now);
  plot.show(now);
  // A part that did not change keeps its identity, and its rows are left alone.
  if (before?.pnl.byMint !== now.pnl.byMint) showMints(now);
  if (before?.trades !== now.trades) showTrades(now.trades);
  if (before?.books !== now.books || before?.bookFeed !== now.bookFeed) showBooks(now);
  if (before?.refusals !== now.refusals) showRefusals(now.refusals);
  if (before?.venues !== now.venues) showVenues(now.venues);
  if (before?.feed !== now.feed) showFeed(now.feed);
  if (before?.chain !== now.chain) showChain(now.chain);
  if (before?.latency !== now.latency) showLatency(now.latency);
  if (before?.skippedPools !== now.skippedPools) showSkippedPools(now.skippedPools);
  if (before?.outside !== now.outside) showOutside(now.outside);
  if (before?.apis !== now.apis) showApis(now.apis);
  if (before?.store !== now.store) showStore(now.store);
  if (!reading && before?.opportunities !== now.opportunities) showOpportunities(now.opportunities);
}

/** @param {DashboardState} now */
function showHeader(now) {
  const mode = byId('mode');
  setText(mode, MODE_TEXT[now.mode]);
  setData(mode, 'mode', now.mode);
  setTitle(mode, now.mode === 'paper' ? 'Trades are simulated: no money moves' : 'Trades spend real money');
  setText(byId('market'), now.market);
  setText(byId('run'), now.runId);
  setTitle(byId('run'), `started ${new Date(now.startedAtMs).toISOString()}`);
  setText(byId('version'), now.version);
  setText(byId('uptime'), durationText(now.nowMs - now.startedAtMs));
  showStatus();
}

function showStatus() {
  const pill = byId('status');
  const status = state?.status ?? 'starting';
  const lost = !connected && state !== undefined;
  setData(pill, 'status', lost ? 'lost' : connected ? status : 'connecting');
  const text = lost ? 'Disconnected' : connected ? STATUS_TEXT[status] : 'Connecting';
  setText(byId('status-text'), text);
  showTitle(text);
  setText(byId('status-reason'), lost ? '' : (state?.statusReason ?? ''));
  setTitle(byId('status-reason'), state?.statusReason ?? '');
  controls.show(status, connected);
}

/** A tab is read by its title alone: it says the same as the page, also of a service that is gone. */
function showTitle(/** @type {string} */ status) {
  const net = state === undefined ? '' : `${solText(state.pnl.series.at(-1)?.[1] ?? 0, 4)} SOL · `;
  const title = connected || state === undefined ? `${net}${status} · Arbitrage` : `${status} · Arbitrage`;
  if (document.title !== title) document.title = title;
}

function showBanner() {
  const lost = !connected;
  setHidden(byId('banner'), !lost || (state === undefined && performance.now() - receivedAt < 2_000));
  setData(document.documentElement, 'stale', String(lost && state !== undefined));
  if (!lost) return;
  const age = performance.now() - receivedAt;
  const text =
    state === undefined
      ? 'No word from the service yet. Trying again…'
      : `Figures are of ${clockText(state.nowMs)}, ${ageText(age)} ago. Reconnecting…`;
  setText(byId('banner-title'), state === undefined ? 'Not connected.' : 'Disconnected.');
  setText(byId('banner-text'), text);
}

connect({
  onState(next) {
    // Another run has another token and perhaps another page.
    if (state !== undefined && next.runId !== state.runId) {
      location.reload();
      return;
    }
    state = next;
    receivedAt = performance.now();
    show(next);
  },
  onConnection(now) {
    connected = now;
    showStatus();
    showBanner();
  },
});

setInterval(showBanner, 500);

// Rows that run away under the pointer cannot be read.
const opportunities = byId('opps-scroll');
opportunities.addEventListener('pointerenter', (event) => holdOpportunities(event.pointerType === 'mouse'));
opportunities.addEventListener('pointerleave', () => holdOpportunities(false));

/** @param {boolean} hold */
function holdOpportunities(hold) {
  reading = hold;
  setText(byId('opps-note'), hold ? 'held while the pointer is here' : 'last 50, newest first');
  if (!hold && state !== undefined) showOpportunities(state.opportunities);
}

// Long lists scroll inside their panel; with the keyboard too, in browsers that do not see to it themselves.
for (const box of document.querySelectorAll('.scroll')) {
  if (!(box instanceof HTMLElement)) continue;
  box.tabIndex = 0;
  box.setAttribute('role', 'group');
  box.setAttribute('aria-labelledby', box.closest('section')?.getAttribute('aria-labelledby') ?? '');
}

const darkByDefault = matchMedia('(prefers-color-scheme: dark)');
byId('theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme === undefined ? darkByDefault.matches : root.dataset.theme === 'dark';
  root.dataset.theme = dark ? 'light' : 'dark';
  try {
    localStorage.setItem('theme', root.dataset.theme);
  } catch {
    // Storage may be switched off: the choice then lasts as long as the page.
  }
  redrawPlots();
});
darkByDefault.addEventListener('change', redrawPlots);

function redrawPlots() {
  plot.redraw();
  redrawHistograms();
}
