import type { ChainClock } from '../core/clock.ts';
import type { Graph } from './graph.ts';

/** How many exact quotes one search may still spend; shared by all of its candidates. */
export interface QuoteBudget {
  left: number;
}

/** Samples stand eight to a doubling of the input; below the first of those, at every integer. */
const PER_DOUBLING = 8;
const FIRST_NODE = 40;
const FIRST_INPUT = 32;
const NODES = 64 * PER_DOUBLING;
/** The step between the samples used: finest, for plans, and one doubling. */
const FINE = 1;
export const PLANNED = 4;
export const COARSE = PER_DOUBLING;

const NODE_INPUTS = Array.from({ length: NODES }, (_, node) =>
  node < FIRST_NODE ? BigInt(node) : BigInt(Math.floor(2 ** (node / PER_DOUBLING))),
);
const NODE_SIZES = Float64Array.from(NODE_INPUTS, Number);
const REFUSED = -1;

/**
 * @hot
 * What each edge pays for an input, as floats between exact samples. A sample is quoted the first time that it is
 * needed and kept until the pool changes, so that the many candidates over one pool share its quotes. Between two
 * samples the input per output is a straight line, which is exact on a constant product and close on any other concave
 * curve. A sample stands at what the venue took, not at what it was offered: lots round the one, not the other. These floats choose pools, sizes and shares; exact quotes decide.
 */
export class Curves {
  /** False once a sample was wanted that the budget no longer paid for. */
  complete = true;
  readonly #graph: Graph;
  readonly #budget: QuoteBudget;
  /** Least average price, as a share of the marginal price, that a leg may come down to. */
  readonly #leastShare: number;
  readonly #samples: (Float64Array | undefined)[] = [];
  readonly #taken: Float64Array[] = [];
  readonly #revisions: number[] = [];
  #clock: ChainClock = { slot: 0, unixTimestamp: 0, epoch: 0 };

  constructor(graph: Graph, budget: QuoteBudget, maxPoolShare: number) {
    this.#graph = graph;
    this.#budget = budget;
    this.#leastShare = 1 - maxPoolShare;
  }

  begin(clock: ChainClock): void {
    this.#clock = clock;
    this.complete = true;
  }

  /** Base units out for `size` in; 0 where the pool refuses, or would give more of itself than one leg may take. */
  output(edge: number, size: number, step: number): number {
    if (size < FIRST_INPUT) return this.#smallOutput(edge, size);
    const node = Math.floor((Math.log2(size) * PER_DOUBLING) / step) * step;
    // Rounding of the logarithm may put a size one sample too high.
    const low = NODE_SIZES[node]! > size ? node - step : node;
    const high = low + step;
    if (high >= NODES) return 0;
    const outLow = this.#sample(edge, low);
    const outHigh = this.#sample(edge, high);
    if (outHigh < 0) {
      // The pool's end is somewhere in between.
      if (step > FINE) return this.output(edge, size, FINE);
      return size === NODE_SIZES[low] ? Math.max(0, outLow) : 0;
    }
    const taken = this.#taken[edge]!;
    // Less than the least that the venue trades: no more than the average price that it begins with.
    if (outLow <= 0) return step > FINE ? (outHigh * size) / taken[high]! : 0;
    if (size < taken[high]!) return between(size, taken[low]!, outLow, taken[high]!, outHigh);
    // Whole lots stand further apart than the samples, or the venue takes no more.
    const next = (Math.floor(high / COARSE) + 1) * COARSE;
    const outNext = next < NODES ? this.#sample(edge, next) : REFUSED;
    if (outNext <= 0 || taken[next]! <= size) return outHigh;
    return between(size, taken[low]!, outLow, taken[next]!, outNext);
  }

  /** True when the pool may pay `output` for `input` in one leg. */
  isWithinShare(edge: number, input: number, output: number): boolean {
    return output + 1 >= input * Math.exp(this.#graph.logPrice[edge]!) * this.#leastShare;
  }

  #smallOutput(edge: number, size: number): number {
    const low = Math.floor(size);
    if (low < 1) return 0;
    const outLow = this.#sample(edge, low);
    if (outLow < 0) return 0;
    if (low === size) return outLow;
    const outHigh = this.#sample(edge, low + 1 === FIRST_INPUT ? FIRST_NODE : low + 1);
    return outHigh < 0 ? outLow : outLow + (outHigh - outLow) * (size - low);
  }

  #sample(edge: number, node: number): number {
    let samples = this.#samples[edge];
    if (samples === undefined) {
      samples = new Float64Array(NODES).fill(Number.NaN);
      this.#samples[edge] = samples;
      this.#taken[edge] = new Float64Array(NODES);
      this.#revisions[edge] = this.#graph.revision[edge]!;
    } else if (this.#revisions[edge] !== this.#graph.revision[edge]) {
      samples.fill(Number.NaN);
      this.#revisions[edge] = this.#graph.revision[edge]!;
    }
    const known = samples[node]!;
    // Not a number: not asked yet.
    if (!Number.isNaN(known)) return known;
    if (this.#budget.left <= 0) {
      this.complete = false;
      return REFUSED;
    }
    this.#budget.left -= 1;
    const pool = this.#graph.poolOf(edge);
    const quote = pool.venue.quote(pool.state!, (edge & 1) === 0, NODE_INPUTS[node]!, this.#clock);
    let out = quote.ok ? Number(quote.amountOut) : REFUSED;
    if (quote.ok && !this.isWithinShare(edge, Number(quote.consumedIn), out)) out = REFUSED;
    samples[node] = out;
    this.#taken[edge]![node] = quote.ok ? Number(quote.consumedIn) : NODE_SIZES[node]!;
    return out;
  }
}

/** Output between two samples: the input per output is a straight line. */
function between(size: number, sizeLow: number, outLow: number, sizeHigh: number, outHigh: number): number {
  const low = sizeLow / outLow;
  const high = sizeHigh / outHigh;
  return size / (low + ((high - low) * (size - sizeLow)) / (sizeHigh - sizeLow));
}
