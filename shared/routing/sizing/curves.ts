import type { ChainClock } from '../../core/clock.ts';
import type { QuoteRefusal } from '../../venues/venue.ts';
import type { Graph } from '../graph/graph.ts';

/** How many exact quotes one search may still spend; shared by all of its candidates. */
export interface QuoteBudget {
  left: number;
  /** So many of them are for the plan that looks best: ranking spends no more than the others. */
  reserve: number;
}

/** Samples stand at every integer up to the first input, and two to a doubling beyond. */
const FIRST_INPUT = 32;
const PER_DOUBLING = 2;
const FIRST_DOUBLINGS = Math.log2(FIRST_INPUT);
const NODES = FIRST_INPUT + 59 * PER_DOUBLING;
/** The step between the samples used: all of them for plans, one a doubling to rank. */
export const PLANNED = 1;
export const COARSE = PER_DOUBLING;

/** Between samples that stand two times apart a surplus is up to so many times what it is at the better one, nearly. */
export const SURPLUS_SLACK = 1.25;

const NODE_INPUTS = Array.from({ length: NODES }, (_, node) =>
  node < FIRST_INPUT
    ? BigInt(node)
    : BigInt(Math.floor(FIRST_INPUT * 2 ** ((node - FIRST_INPUT) / PER_DOUBLING))),
);
const NODE_SIZES = Float64Array.from(NODE_INPUTS, Number);
const REFUSED = -1;
/** Samples that pay fewer units than this show more of their floors than of the curve: a line from the best price stands in. */
const FEW_UNITS = 256;
/** A best price above the marginal one by this factor is looked for on the curve: small amounts are paid worse. */
const RISES = 1 + 5e-4;
/** Where the average has fallen to this share of its top, it rises no more. */
const PAST_TOP = 0.9;
/** Steps that narrow the place of a top, each to two thirds. */
const TOP_STEPS = 10;
/** The revision of an edge that was never read. */
const NEVER = -1;
/** No quote was left to learn it. */
const UNKNOWN = -2;
/** A pool's end is found to this share of itself. */
const END_GRAIN = 1 / 64;

/**
 * @hot
 * What each edge pays for an input, as floats between exact samples. A sample is quoted the first time that it is
 * needed and kept until the pool changes, so that the many candidates over one pool share its quotes. Between two
 * samples the input per output is a straight line, which is exact on a constant product and close on any other concave
 * curve. A sample stands at what the venue took, not at what it was offered: lots round the one, not the other. These
 * floats choose pools, sizes and shares; exact quotes decide.
 *
 * Two curves are straightened at their beginning, so that all are concave. Where an amount is paid a few units only, the
 * stairs of whole units are smoothed. Where larger amounts are paid better, up to a top (a transfer fee with a maximum),
 * smaller ones are read as if they were paid as well as the top: more than they are. `readRaw` says what they are paid.
 */
export class Curves {
  /** False once a sample was wanted that the budget no longer paid for. */
  complete = true;
  /** What the last `read` found: base units out, */
  out = 0;
  /** and how many more one more base unit in would pay: at most the average so far. */
  slope = 0;
  readonly #graph: Graph;
  readonly #budget: QuoteBudget;
  /** Least average price, as a share of the marginal price, that a leg may come down to. */
  readonly #leastShare: number;
  /** By edge: what each sample pays. Not a number: not asked yet. */
  readonly #samples: (Float64Array | undefined)[] = [];
  /** By edge, where it differs from what was offered: what the venue takes at each sample. */
  readonly #lots: (Float64Array | undefined)[] = [];
  #revisions = new Float64Array(0);
  /** By edge: the most that the pool takes, as far as known, and what it pays for that. */
  #ends = new Float64Array(0);
  #endOuts = new Float64Array(0);
  /** By edge: the input that is paid best on average where smaller ones are paid worse, else 0, and what it is paid. */
  #tops = new Float64Array(0);
  #topOuts = new Float64Array(0);
  /** By edge: inputs below this are paid a few units only; 0 where that is less than one. */
  #few = new Float64Array(0);
  /** By edge: the sample at which `surplusAbove` found most; 0 before. */
  #peaks = new Int32Array(0);
  #taken = 0;
  #clock: ChainClock = { slot: 0, unixTimestamp: 0, epoch: 0 };

  constructor(graph: Graph, budget: QuoteBudget, maxPoolShare: number) {
    this.#graph = graph;
    this.#budget = budget;
    this.#leastShare = 1 - maxPoolShare;
  }

  begin(clock: ChainClock): void {
    this.#clock = clock;
    this.complete = true;
    const edges = this.#graph.logPrice.length;
    if (edges > this.#ends.length) this.#grow(edges);
  }

  #grow(edges: number): void {
    this.#revisions = grown(this.#revisions, edges, NEVER);
    this.#ends = grown(this.#ends, edges, Number.POSITIVE_INFINITY);
    this.#endOuts = grown(this.#endOuts, edges, 0);
    this.#tops = grown(this.#tops, edges, 0);
    this.#topOuts = grown(this.#topOuts, edges, 0);
    this.#few = grown(this.#few, edges, 0);
    const peaks = new Int32Array(edges);
    peaks.set(this.#peaks);
    this.#peaks = peaks;
    // Holes far from the rest would make tables of the arrays.
    while (this.#samples.length < edges) this.#samples.push(undefined);
    while (this.#lots.length < edges) this.#lots.push(undefined);
  }

  /** The most that the edge is known to take, base units in; infinity while its end was not met. */
  endOf(edge: number): number {
    return this.#ends[edge]!;
  }

  /** What the edge is paid at best a unit on average: for the first one, on a concave curve. */
  bestPrice(edge: number): number {
    const top = this.#tops[edge]!;
    return top > 0 && this.#revisions[edge] === this.#graph.revision[edge]
      ? this.#topOuts[edge]! / top
      : this.#graph.price[edge]!;
  }

  /** The input below which the edge is paid less than `read` says; 0 for most. Known once the edge was read. */
  topOf(edge: number): number {
    return this.#tops[edge]!;
  }

  /** Reads `out` and `slope` for `size` in. Past its end a pool takes no more, and pays no more. */
  read(edge: number, size: number, step: number): void {
    const samples = this.#samplesOf(edge);
    const top = this.#tops[edge]!;
    if (size < top) {
      const price = this.#topOuts[edge]! / top;
      this.#meet(price * size, price, size);
      return;
    }
    this.#read(edge, samples, size, step, top, this.#few[edge]!);
  }

  /** As `read`, with what small amounts are really paid, in whole units too. */
  readRaw(edge: number, size: number, step: number): void {
    const node = nodeBelow(size, step);
    if (NODE_SIZES[node] === size) {
      const out = this.#sample(edge, this.#samplesOf(edge), node);
      if (out >= 0) {
        this.#meet(out, 0, size);
        return;
      }
    }
    this.#read(edge, this.#samplesOf(edge), size, step, 0, 0);
  }

  #read(edge: number, samples: Float64Array, size: number, step: number, top: number, few: number): void {
    if (size >= this.#ends[edge]!) {
      this.out = this.#endOuts[edge]!;
      this.slope = 0;
      return;
    }
    const below = nodeBelow(Math.max(size, few), step);
    const high = below < FIRST_INPUT ? below + 1 : below + step;
    if (high >= NODES) {
      this.#meet(0, 0, size);
      return;
    }
    const outHigh = this.#sample(edge, samples, high);
    const takenHigh = this.#taken;
    let outLow = 0;
    let takenLow = 0;
    if (size >= few) {
      outLow = this.#sample(edge, samples, below);
      takenLow = this.#taken;
      if (takenLow < top) {
        outLow = this.#topOuts[edge]!;
        takenLow = top;
      }
    }
    if (outLow === UNKNOWN || outHigh === UNKNOWN) this.#meet(0, 0, size);
    else if (outHigh === REFUSED) {
      // The end was found by asking: either the size is past it now, or the end stands for the sample.
      const end = this.#ends[edge]!;
      if (size >= end) this.#meet(this.#endOuts[edge]!, 0, size);
      else if (size < few) this.#fromFirstUnit(edge, size, end, this.#endOuts[edge]!);
      else this.#between(size, takenLow, outLow, end, this.#endOuts[edge]!);
    } else if (size >= takenHigh) this.#beyondLots(edge, samples, size, high, takenLow, outLow);
    else if (size < few) this.#fromFirstUnit(edge, size, takenHigh, outHigh);
    else this.#between(size, takenLow, outLow, takenHigh, outHigh);
  }

  /** Output below the first sample that pays more than a few units: a line from the best price, without stairs. */
  #fromFirstUnit(edge: number, size: number, sizeHigh: number, outHigh: number): void {
    if (outHigh <= 0) {
      this.#meet(0, 0, size);
      return;
    }
    const first = 1 / this.bestPrice(edge);
    const rise = Math.max(0, sizeHigh / outHigh - first) / sizeHigh;
    const inputPerOutput = first + rise * size;
    this.#meet(size / inputPerOutput, first / (inputPerOutput * inputPerOutput), size);
  }

  /**
   * The most that the edge pays beyond `price` a unit in, over all sizes: base units out, from samples that stand two
   * times apart, so that the truth is up to `SURPLUS_SLACK` times as much. Infinity where the samples do not tell, or
   * where they are not there yet and `quotes` is false, and where it is more than `enough`. A size near the best one of a
   * trade helps the first time.
   */
  surplusAbove(edge: number, price: number, near: number, quotes: boolean, enough: number): number {
    const best = this.#graph.price[edge]!;
    if (!(best > price)) return 0;
    if (!quotes && this.#revisions[edge] !== this.#graph.revision[edge]) return Number.POSITIVE_INFINITY;
    const samples = this.#samplesOf(edge);
    // Concave from here on; of what is below, all counts as paid at the best price: floors say little there.
    const top = this.#tops[edge]!;
    const small = Math.max(this.#few[edge]!, (UNITS_OF_NOISE * (1 + price)) / (best - price));
    const floor = nodeBelow(Math.min(MOST_NEAR, Math.max(FIRST_INPUT, small, top)), COARSE);
    let node = this.#peaks[edge]!;
    if (node === 0) node = nodeBelow(Math.min(MOST_NEAR, Math.max(FIRST_INPUT, near)), COARSE);
    node = Math.max(floor, node);
    let most = this.#surplusAt(edge, samples, node, price, quotes);
    if (most > enough) return Number.POSITIVE_INFINITY;
    if (most === Number.NEGATIVE_INFINITY && node > floor) {
      node = Math.max(floor, nodeBelow(this.#ends[edge]!, COARSE));
      most = this.#surplusAt(edge, samples, node, price, quotes);
    }
    const start = node;
    const atStart = most;
    // Down while that is no worse: past its depth a pool takes no more, and all sizes there earn the same. Else up, over
    // what is less than a lot too.
    for (let isUp = false, at = start, last = most; most <= enough; ) {
      const next = isUp ? at + COARSE : at - COARSE;
      const surplus =
        next >= floor && next < NODES
          ? this.#surplusAt(edge, samples, next, price, quotes)
          : Number.NEGATIVE_INFINITY;
      const goesOn = isUp
        ? surplus > last || (most <= 0 && surplus > Number.NEGATIVE_INFINITY)
        : surplus >= last && surplus > Number.NEGATIVE_INFINITY;
      if (goesOn) {
        if (surplus > most) {
          most = surplus;
          node = next;
        }
        at = next;
        last = surplus;
      } else if (!isUp && (node === start || most <= 0)) {
        isUp = true;
        at = start;
        last = atStart;
      } else break;
    }
    if (most > enough) return Number.POSITIVE_INFINITY;
    // Where a climb was broken off is no peak: the next one, for another price, might not leave it.
    this.#peaks[edge] = node;
    const hidden = (best - price) * small;
    const atTop = top > 0 ? this.#topOuts[edge]! - price * top : 0;
    const known = this.#ends[edge]!;
    const atEnd = known < Number.POSITIVE_INFINITY ? this.#endOuts[edge]! - price * known : 0;
    return Math.max(0, most, hidden, atTop, atEnd);
  }

  /** Minus infinity past the end of the pool, infinity where nothing is known. */
  #surplusAt(edge: number, samples: Float64Array, node: number, price: number, quotes: boolean): number {
    if (!quotes && Number.isNaN(samples[node]!)) return Number.POSITIVE_INFINITY;
    const out = this.#sample(edge, samples, node);
    if (out === UNKNOWN) return Number.POSITIVE_INFINITY;
    if (out === REFUSED || NODE_SIZES[node]! > this.#ends[edge]!) return Number.NEGATIVE_INFINITY;
    return out - price * this.#taken;
  }

  /** True when the pool may pay `output` for `input` in one leg. */
  isWithinShare(edge: number, input: number, output: number): boolean {
    return output + 1 >= input * this.#graph.price[edge]! * this.#leastShare;
  }

  /** Output between two samples: the input per output is a straight line. */
  #between(size: number, sizeLow: number, outLow: number, sizeHigh: number, outHigh: number): void {
    // Less than the least that the venue trades: no more than the average price that it begins with.
    if (outLow <= 0 || sizeLow <= 0) {
      const price = sizeHigh > 0 ? Math.max(0, outHigh) / sizeHigh : 0;
      this.#meet(price * size, price, size);
      return;
    }
    const low = sizeLow / outLow;
    const rise = (sizeHigh / outHigh - low) / (sizeHigh - sizeLow);
    const inputPerOutput = low + rise * (size - sizeLow);
    this.#meet(size / inputPerOutput, (low - rise * sizeLow) / (inputPerOutput * inputPerOutput), size);
  }

  /** At `high` the venue takes less than `size`: whole lots stand further apart than the samples, or it takes no more. */
  #beyondLots(
    edge: number,
    samples: Float64Array,
    size: number,
    high: number,
    takenLow: number,
    outLow: number,
  ): void {
    const outHigh = this.#sample(edge, samples, high);
    const takenHigh = this.#taken;
    const outNext = this.#sample(edge, samples, Math.min(NODES - 1, high + COARSE));
    const takenNext = this.#taken;
    if (outNext > 0 && takenNext > size) {
      this.#between(size, takenLow, outLow, takenNext, outNext);
      return;
    }
    if (outNext > 0 && takenHigh > 0) {
      this.#ends[edge] = takenHigh;
      this.#endOuts[edge] = outHigh;
    }
    this.#meet(Math.max(0, outHigh), 0, size);
  }

  #meet(out: number, slope: number, size: number): void {
    this.out = out;
    this.slope = Math.max(0, Math.min(slope, out / size));
  }

  #samplesOf(edge: number): Float64Array {
    let samples = this.#samples[edge];
    const revision = this.#graph.revision[edge]!;
    if (samples !== undefined && this.#revisions[edge] === revision) return samples;
    samples ??= new Float64Array(NODES);
    samples.fill(Number.NaN);
    this.#lots[edge]?.fill(0);
    this.#samples[edge] = samples;
    this.#revisions[edge] = revision;
    this.#ends[edge] = Number.POSITIVE_INFINITY;
    this.#endOuts[edge] = 0;
    this.#tops[edge] = 0;
    const few = FEW_UNITS / this.#graph.price[edge]!;
    this.#few[edge] = few > 1 ? few : 0;
    if (this.#rises(edge)) this.#findTop(edge, samples);
    return samples;
  }

  /** True when some amount is paid noticeably better than a small one. */
  #rises(edge: number): boolean {
    const { venue, state } = this.#graph.poolOf(edge);
    if (venue.bestPrice === undefined) return false;
    const small = venue.marginalPrice(state!, (edge & 1) === 0, this.#clock);
    return this.#graph.price[edge]! > small * RISES;
  }

  /** Looks for the input that is paid best on average, beyond those that are paid a few units only. */
  #findTop(edge: number, samples: Float64Array): void {
    let best = 0;
    let bestNode = 0;
    for (let node = nodeBelow(Math.max(FIRST_INPUT, this.#few[edge]!), 1); node < NODES; node += COARSE) {
      const out = this.#sample(edge, samples, node);
      if (out === REFUSED || out === UNKNOWN) break;
      const average = this.#taken > 0 ? out / this.#taken : 0;
      if (average > best) {
        best = average;
        bestNode = node;
      } else if (average < PAST_TOP * best) break;
    }
    if (bestNode === 0) return;
    let low = NODE_SIZES[Math.max(1, bestNode - COARSE)]!;
    let high = Math.min(this.#ends[edge]!, NODE_SIZES[Math.min(NODES - 1, bestNode + COARSE)]!);
    this.#takeTop(edge, NODE_SIZES[bestNode]!, samples[bestNode]!);
    for (let step = 0; step < TOP_STEPS && high - low > 2 && this.#budget.left > 1; step++) {
      const left = Math.floor(low + (high - low) / 3);
      const right = Math.floor(high - (high - low) / 3);
      const atLeft = this.#quote(edge, BigInt(left));
      const atRight = this.#quote(edge, BigInt(right));
      this.#takeTop(edge, left, atLeft);
      this.#takeTop(edge, right, atRight);
      if (atLeft / left >= atRight / right) high = right;
      else low = left;
    }
  }

  #takeTop(edge: number, size: number, out: number): void {
    const top = this.#tops[edge]!;
    if (out <= 0 || (top > 0 && out / size <= this.#topOuts[edge]! / top)) return;
    this.#tops[edge] = size;
    this.#topOuts[edge] = out;
  }

  /** What the pool pays at a sample, REFUSED past its end, or UNKNOWN; `#taken` has what it takes for that. */
  #sample(edge: number, samples: Float64Array, node: number): number {
    let out = samples[node]!;
    if (Number.isNaN(out)) {
      if (this.#budget.left <= 0) {
        this.complete = false;
        return UNKNOWN;
      }
      out = this.#quote(edge, NODE_INPUTS[node]!);
      samples[node] = out;
      if (this.#taken !== NODE_SIZES[node] && out > 0) this.#keepLots(edge, node, this.#taken);
      if (out === REFUSED && this.#ends[edge] === Number.POSITIVE_INFINITY)
        this.#findEnd(edge, samples, node);
    }
    const lots = this.#lots[edge];
    this.#taken = out <= 0 ? 0 : lots === undefined || lots[node] === 0 ? NODE_SIZES[node]! : lots[node]!;
    return out;
  }

  #keepLots(edge: number, node: number, taken: number): void {
    this.#lots[edge] ??= new Float64Array(NODES);
    this.#lots[edge][node] = taken;
  }

  #quote(edge: number, amountIn: bigint): number {
    this.#budget.left -= 1;
    const pool = this.#graph.poolOf(edge);
    const quote = pool.venue.quote(pool.state!, (edge & 1) === 0, amountIn, this.#clock);
    if (!quote.ok) {
      this.#taken = 0;
      return isTooSmall(quote.reason) ? 0 : REFUSED;
    }
    this.#taken = Number(quote.consumedIn);
    const out = Number(quote.amountOut);
    return this.isWithinShare(edge, this.#taken, out) ? out : REFUSED;
  }

  /** Closes in on the most that a pool takes which refuses at `node`. */
  #findEnd(edge: number, samples: Float64Array, node: number): void {
    // While it is looked for, it stands where it was refused.
    this.#ends[edge] = NODE_SIZES[node]!;
    let low = 0;
    let high = node;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#sample(edge, samples, middle) === REFUSED) high = middle;
      else low = middle;
    }
    const outLow = low === 0 ? 0 : Math.max(0, this.#sample(edge, samples, low));
    let end = NODE_SIZES[low]!;
    let endOut = outLow;
    let refused = NODE_SIZES[high]!;
    while (refused - end > Math.max(1, end * END_GRAIN) && this.#budget.left > 0) {
      const middle = Math.floor((end + refused) / 2);
      const out = this.#quote(edge, BigInt(middle));
      if (out === REFUSED) refused = middle;
      else {
        end = middle;
        endOut = out;
      }
    }
    this.#ends[edge] = end;
    this.#endOuts[edge] = endOut;
  }
}

/** What is earned by so many units or fewer, in and out, may be an accident of roundings. */
const UNITS_OF_NOISE = 16;
/** Sizes beyond this are none to begin a search at. */
const MOST_NEAR = 2 ** 60;

/** Refusals that a larger amount may not meet: the rules of two programs differ where a fee is less than half a unit. */
function isTooSmall(reason: QuoteRefusal): boolean {
  return reason === 'amount-too-small' || reason === 'zero-amount' || reason === 'program-unproven';
}

const SIZE = new Float64Array(1);
const SIZE_WORDS = new Uint32Array(SIZE.buffer);
/** The word that has the exponent, which is the last on the machines that there are. */
const HIGH_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;
const EXPONENT_SHIFT = 20;
const EXPONENT_BIAS = 1023;

/** The sample at or below a size, of those that stand `step` apart beyond the first ones. */
function nodeBelow(size: number, step: number): number {
  if (size < FIRST_INPUT) return Math.max(0, Math.floor(size));
  SIZE[0] = size;
  const doublings = (SIZE_WORDS[HIGH_WORD]! >>> EXPONENT_SHIFT) - EXPONENT_BIAS - FIRST_DOUBLINGS;
  const node = FIRST_INPUT + doublings * PER_DOUBLING;
  return step === PLANNED && NODE_SIZES[node + 1]! <= size ? node + 1 : node;
}

function grown(array: Float64Array<ArrayBuffer>, size: number, filler: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(size).fill(filler);
  larger.set(array);
  return larger;
}
