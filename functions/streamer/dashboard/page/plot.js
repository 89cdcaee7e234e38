import uPlot from '/vendor/uplot.js';
import { clockText, solText } from './format.js';

/**
 * The running P&L. Stepped, because it only moves when a trade ends.
 * @typedef {import('../view/view.ts').DashboardState} DashboardState
 */

const MIN_SPAN_SECONDS = 60;
const MIN_AIR_SOL = 0.000_05;
const AXIS_FONT = '11px Inter, system-ui, sans-serif';

/**
 * @param {HTMLElement} box Given its height by the style sheet.
 * @param {(text: string) => void} readout Told what stands under the cursor, or the newest value.
 */
export function createPnlPlot(box, readout) {
  let newest = '';
  const color = (/** @type {string} */ name) => getComputedStyle(box).getPropertyValue(name);
  const axis = {
    stroke: () => color('--plot-ink'),
    font: AXIS_FONT,
    grid: { stroke: () => color('--plot-grid'), width: 1 },
    ticks: { show: false },
  };
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: box.clientHeight,
      padding: [10, 22, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7, width: 2 } },
      scales: {
        x: { time: true, range: (_plot, low, high) => [Math.min(low, high - MIN_SPAN_SECONDS), high] },
        y: { range: yRange },
      },
      axes: [
        {
          ...axis,
          space: 80,
          size: 30,
          values: (_plot, splits, _index, _space, step) => splits.map((at) => timeLabel(at, step)),
        },
        {
          ...axis,
          space: 36,
          size: 72,
          values: (_plot, splits, _index, _space, step) =>
            splits.map((sol) => solText(sol, axisDigits(step))),
        },
      ],
      series: [
        {},
        {
          stroke: () => color('--plot-line'),
          width: 1.75,
          fill: () => color('--plot-fill'),
          paths: uPlot.paths.stepped?.({ align: 1 }),
          points: { show: false },
        },
      ],
      hooks: {
        draw: [(drawn) => drawZero(drawn, color('--plot-zero'))],
        setCursor: [(moved) => readout(underCursor(moved) ?? newest)],
      },
    },
    [[], []],
    box,
  );
  new ResizeObserver(() => {
    if (plot.width === box.clientWidth && plot.height === box.clientHeight) return;
    plot.setSize({ width: box.clientWidth, height: box.clientHeight });
  }).observe(box);

  return {
    /** @param {DashboardState} state */
    show(state) {
      const { series } = state.pnl;
      const seconds = [state.startedAtMs / 1_000];
      const values = [0];
      for (const [atMs, sol] of series) {
        seconds.push(Math.max(atMs, state.startedAtMs) / 1_000);
        values.push(sol);
      }
      const last = values.at(-1) ?? 0;
      // The line runs on to now, or a quiet hour would look like no data.
      // At least a second long: an axis without length cannot be drawn.
      seconds.push(Math.max(state.nowMs / 1_000, (seconds.at(-1) ?? 0) + (seconds.length === 1 ? 1 : 0)));
      values.push(last);
      plot.setData([seconds, values]);
      newest = `${solText(last, 6)} SOL now`;
      if (underCursor(plot) === undefined) readout(newest);
      box.setAttribute('aria-label', describe(values));
    },
    /** After a change of theme. */
    redraw: () => plot.redraw(false, false),
  };
}

/** @param {readonly number[]} values */
function describe(values) {
  let low = 0;
  let high = 0;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return `Net P&L over time: now ${solText(values.at(-1) ?? 0, 6)} SOL, lowest ${solText(low, 6)}, highest ${solText(high, 6)}`;
}

/** @param {uPlot} plot */
function underCursor(plot) {
  const index = plot.cursor.idx;
  if (index === null || index === undefined || (plot.cursor.left ?? -1) < 0) return undefined;
  const at = plot.data[0][index];
  const sol = plot.data[1]?.[index];
  if (at === undefined || sol === undefined || sol === null) return undefined;
  return `${solText(sol, 6)} SOL at ${clockText(at * 1_000)}`;
}

/**
 * Zero is always in view, with air on both sides.
 * @param {uPlot} _plot
 * @param {number} low
 * @param {number} high
 * @returns {[number, number]}
 */
function yRange(_plot, low, high) {
  const bottom = Math.min(low ?? 0, 0);
  const top = Math.max(high ?? 0, 0);
  const air = Math.max((top - bottom) * 0.08, MIN_AIR_SOL);
  return [bottom < 0 ? bottom - air : 0 - air / 2, top + air];
}

/**
 * The fewest digits that tell neighbouring marks apart exactly.
 * @param {number} step
 */
function axisDigits(step) {
  let digits = 0;
  while (digits < 9 && Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) > 1e-6) digits++;
  return digits;
}

/**
 * @param {number} at
 * @param {number} step
 */
function timeLabel(at, step) {
  const text = clockText(at * 1_000);
  return step >= 60 ? text.slice(0, 5) : text;
}

/**
 * @param {uPlot} plot
 * @param {string} color
 */
function drawZero(plot, color) {
  const y = Math.round(plot.valToPos(0, 'y', true)) + 0.5;
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = color;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}
