/**
 * The live stream: keeps the newest state, tells when the stream is lost and comes back by itself.
 * @typedef {import('../view/view.ts').DashboardState} DashboardState
 */

/**
 * @typedef {object} Connection
 * @property {() => void} close
 */

/** The service sends twice a second: this long without a word means that the line is dead, whatever the browser thinks. */
const SILENCE_MS = 5_000;
const RETRY_MS = 2_000;

/**
 * @param {object} options
 * @param {(state: DashboardState) => void} options.onState The whole state, after every event.
 * @param {(connected: boolean) => void} options.onConnection Only when it changes.
 * @returns {Connection}
 */
export function connect({ onState, onConnection }) {
  /** @type {DashboardState | undefined} */
  let state;
  /** @type {boolean | undefined} */
  let connected;
  /** @type {EventSource} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** @param {boolean} now */
  function tell(now) {
    if (now === connected) return;
    connected = now;
    onConnection(now);
  }

  /** @param {number} afterMs */
  function reopenIn(afterMs) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      tell(false);
      source.close();
      open();
    }, afterMs);
  }

  /** @param {DashboardState} next */
  function take(next) {
    state = next;
    reopenIn(SILENCE_MS);
    onState(next);
    tell(true);
  }

  function open() {
    source = new EventSource('/api/events');
    reopenIn(SILENCE_MS);
    source.addEventListener('snapshot', (event) => take(JSON.parse(event.data)));
    source.addEventListener('change', (event) => {
      if (state !== undefined) take(applyChange(state, JSON.parse(event.data)));
    });
    source.addEventListener('error', () => {
      tell(false);
      // The browser retries a dropped stream, but gives up for good on an error status.
      if (source.readyState === EventSource.CLOSED) reopenIn(RETRY_MS);
    });
  }

  open();
  return {
    close() {
      clearTimeout(timer);
      source.close();
    },
  };
}

/**
 * The state after a `change` event: changed keys replaced, the plot's series continued.
 * @param {DashboardState} state
 * @param {Partial<DashboardState> & { series?: { keep: number, points: import('../../../../shared/run/series.ts').PnlPoint[] } }} change
 * @returns {DashboardState}
 */
export function applyChange(state, { series, pnl, ...fields }) {
  const points =
    series === undefined ? state.pnl.series : [...state.pnl.series.slice(0, series.keep), ...series.points];
  return { ...state, ...fields, pnl: { ...(pnl ?? state.pnl), series: points } };
}
