import uPlot from '/vendor/uplot.js';
import { microsText } from './format.js';

/**
 * A row-high histogram on a logarithmic time axis. All stages share one axis, so further right is slower.
 * @typedef {import('../view/view.ts').StageLatencyView} StageLatencyView
 * @typedef {readonly [low: number, high: number]} Decades Powers of ten, in microseconds.
 */

const BARS_PER_DECADE = 8;

/**
 * The decades that hold every non-empty bucket.
 * @param {readonly StageLatencyView[]} stages
 * @returns {Decades | undefined}
 */
export function sharedDecades(stages) {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const stage of stages) {
    for (const [upTo, count] of stage.buckets ?? []) {
      if (count === 0 || upTo <= 0 || !Number.isFinite(upTo)) continue;
      low = Math.min(low, Math.log10(upTo));
      high = Math.max(high, Math.log10(upTo));
    }
  }
  if (low > high) return undefined;
  return [Math.floor(low - 0.3), Math.ceil(high)];
}

/** @param {Decades} decades */
export function decadesText([low, high]) {
  return `${microsText(10 ** low)} to ${microsText(10 ** high)}, logarithmic`;
}

/** @param {HTMLElement} box Given its size by the style sheet. */
export function createHistogram(box) {
  /** @type {[low: number, high: number]} */
  let range = [0, 1];
  const color = () => getComputedStyle(box).getPropertyValue('--plot-bar');
  const plot = new uPlot(
    {
      width: box.clientWidth || 140,
      height: box.clientHeight || 26,
      padding: [1, 0, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: { x: { time: false, range: () => range }, y: { range: (_plot, _low, high) => [0, high || 1] } },
      axes: [{ show: false }, { show: false }],
      series: [
        {},
        {
          stroke: color,
          fill: color,
          width: 0,
          paths: uPlot.paths.bars?.({ size: [0.85, 12, 1.5], align: -1 }),
          points: { show: false },
        },
      ],
    },
    [[], []],
    box,
  );
  let shown = '';
  return {
    /**
     * @param {StageLatencyView} stage
     * @param {Decades} decades
     */
    show(stage, decades) {
      const key = JSON.stringify([stage.buckets, decades]);
      if (key === shown) return;
      shown = key;
      range = [decades[0], decades[1]];
      plot.setData(bars(stage.buckets ?? [], decades));
    },
    redraw: () => plot.redraw(false, false),
  };
}

/**
 * One bar for each eighth of a decade, however fine the buckets are.
 * @param {NonNullable<StageLatencyView['buckets']>} buckets
 * @param {Decades} decades
 * @returns {[number[], number[]]}
 */
function bars(buckets, [low, high]) {
  const counts = new Array((high - low) * BARS_PER_DECADE + 1).fill(0);
  for (const [upTo, count] of buckets) {
    if (count === 0 || upTo <= 0 || !Number.isFinite(upTo)) continue;
    // Bounds are floats: one that lies on a bar's edge belongs to that bar.
    counts[Math.max(0, Math.ceil((Math.log10(upTo) - low) * BARS_PER_DECADE - 1e-6))] += count;
  }
  return [counts.map((_, index) => low + index / BARS_PER_DECADE), counts.map(barHeight)];
}

/**
 * A square root, so that a tail of a few slow ones beside thousands of fast ones can be seen at all.
 * @param {number} count
 */
function barHeight(count) {
  return Math.sqrt(count);
}
