import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { U64_MAX } from '../../core/units.ts';
import type { PoolEntry } from '../../market/pool-entry.ts';

/**
 * What one pool pays in one direction, as the concave hull of exact quotes: base units out against base units really
 * taken. Lots and roundings leave single quotes under the hull.
 */
export interface TradeCurve {
  readonly pool: PoolEntry;
  readonly aToB: boolean;
  readonly mintIn: Address;
  readonly mintOut: Address;
  readonly clock: ChainClock;
  /** The quotes that the hull is made of, ascending. */
  readonly points: Point[];
  /** The corners of the hull, ascending, from (0, 0) on. */
  readonly ins: number[];
  readonly outs: number[];
  /** Units out per unit in at size zero: no part of the curve is steeper, but where larger amounts are paid better. */
  readonly firstSlope: number;
  /** Units out per unit in that no amount is paid more than on average. */
  readonly bestPrice: number;
  /** No trade takes more than this. */
  readonly end: number;
  /** Exact quotes spent on it. */
  quotes: number;
}

/** A pool's best answer when a unit in costs `price` units out. */
export interface Response {
  /** The corner that pays most. */
  readonly corner: number;
  /** Units out that it leaves above the cost of what it takes; 0 for no trade. */
  readonly value: number;
  /** No trade on the true curve leaves more than this: the hull's neighbours, prolonged, meet above it. */
  readonly bound: number;
  /** Where they meet: the input to quote next. */
  readonly apex: number;
}

export interface TradeCurveParams {
  readonly pool: PoolEntry;
  readonly aToB: boolean;
  readonly clock: ChainClock;
  /** Inputs beyond this are of no interest, base units. */
  readonly ceiling: number;
}

/** The first quotes pay about this many units, and take as many: below, roundings are all there is to see. */
const FIRST_UNITS = 1_000;
const RATIO = 2;
/** Past the pool's depth, where doubling the input adds less than a hundredth, the steps grow. */
const FLAT = 1.01;
const FLAT_RATIO = 16;
const EDGE_STEPS = 24;
/** What the floors of one quote may hide, in units of each mint. */
const FLOOR_UNITS = 1.5;
/** Corners that pay no more than this apart would tell more about floors than about a slope. */
const LEAST_STEP_UNITS = 8;
/** Marginal prices are floats. */
const SLOPE_SLACK = 1 + 1e-9;

/** Samples a pool from small inputs to the last that it takes. Undefined when it pays nothing in this direction. */
export function sampleTradeCurve({ pool, aToB, clock, ceiling }: TradeCurveParams): TradeCurve | undefined {
  const state = pool.state;
  if (state === undefined) return undefined;
  const { venue } = pool;
  const slope = venue.marginalPrice(state, aToB, clock);
  if (!(slope > 0) || !Number.isFinite(slope)) return undefined;
  const [mintIn, mintOut] = aToB ? [state.mintA, state.mintB] : [state.mintB, state.mintA];
  const most = Math.min(ceiling, Number(U64_MAX));
  const curve = {
    pool,
    aToB,
    mintIn,
    mintOut,
    clock,
    points: [{ taken: 0, paid: 0 }],
    ins: [0],
    outs: [0],
    firstSlope: slope * SLOPE_SLACK,
    bestPrice: (venue.bestPrice ?? venue.marginalPrice)(state, aToB, clock) * SLOPE_SLACK,
    end: most,
    quotes: 0,
  };
  let size = Math.min(most, Math.max(FIRST_UNITS, Math.ceil(FIRST_UNITS / slope)));
  let taken = 0;
  let paid = 0;
  for (;;) {
    const point = quotePoint(curve, size);
    if (point === 'too-small') {
      // A lot is larger than this.
    } else if (point === 'refused') {
      curve.end = edge(curve, taken, size);
      break;
    } else {
      insertPoint(curve, point);
      // A book that is empty takes no more of what it is offered.
      if (point.taken <= taken) {
        curve.end = taken;
        break;
      }
      const isFlat = paid > 0 && point.paid < paid * FLAT;
      taken = point.taken;
      paid = point.paid;
      if (size >= most) break;
      size = Math.min(most, size * (isFlat ? FLAT_RATIO : RATIO));
      continue;
    }
    if (size >= most) break;
    size = Math.min(most, size * RATIO);
  }
  return curve.ins.length > 1 ? curve : undefined;
}

/** Base units that a quote really takes, and pays. */
export interface Point {
  readonly taken: number;
  readonly paid: number;
}

function quotePoint(curve: TradeCurve, size: number): Point | 'refused' | 'too-small' {
  const { pool, aToB, clock } = curve;
  curve.quotes += 1;
  const quote = pool.venue.quote(pool.state!, aToB, BigInt(Math.floor(size)), clock);
  if (!quote.ok) {
    return quote.reason === 'amount-too-small' || quote.reason === 'zero-amount' ? 'too-small' : 'refused';
  }
  if (quote.amountOut === 0n) return 'too-small';
  return { taken: Number(quote.consumedIn), paid: Number(quote.amountOut) };
}

/** Halves the way between an input that is taken and one that is refused; the least known to be refused. */
function edge(curve: TradeCurve, taken: number, refused: number): number {
  let low = taken;
  let high = refused;
  for (let i = 0; i < EDGE_STEPS && high - low > 1; i++) {
    const middle = (low + high) / 2;
    const point = quotePoint(curve, middle);
    if (point === 'refused') high = middle;
    else {
      low = middle;
      if (point !== 'too-small') insertPoint(curve, point);
    }
  }
  return high;
}

/**
 * Keeps a quote and makes the hull anew. False where the quote is well under the hull, or too near another to tell a
 * slope.
 */
function insertPoint(curve: TradeCurve, point: Point): boolean {
  const { points } = curve;
  const at = firstAtLeast(points, point.taken);
  const next = points[at];
  if (next?.taken === point.taken || point.paid - points[at - 1]!.paid < LEAST_STEP_UNITS) return false;
  if (next !== undefined && next.paid - point.paid < LEAST_STEP_UNITS) return false;
  points.splice(at, 0, point);
  const before = points.length;
  hull(curve);
  return points.length === before || points[at]?.taken === point.taken;
}

/**
 * The upper hull of the points. Those under it by no more than floors explain are lifted onto it: they tell how far the
 * curve is straight. Those farther under are forgotten.
 */
function hull(curve: TradeCurve): void {
  const { points, ins, outs } = curve;
  const corners: Point[] = [];
  for (const point of points) {
    while (corners.length > 1) {
      const last = corners[corners.length - 1]!;
      const [slope, before] = [slopeOf(last, point), slopeOf(corners[corners.length - 2]!, last)];
      if (slope < before) break;
      corners.pop();
    }
    corners.push(point);
  }
  ins.length = 0;
  outs.length = 0;
  let next = 0;
  let kept = 0;
  for (const point of points) {
    if (corners[next]!.taken < point.taken) next += 1;
    const corner = corners[next]!;
    let paid = point.paid;
    if (corner !== point) {
      const slope = slopeOf(corners[next - 1]!, corner);
      paid = corner.paid - slope * (corner.taken - point.taken);
      if (paid - point.paid > FLOOR_UNITS * (1 + slope)) continue;
    }
    points[kept++] = point;
    ins.push(point.taken);
    outs.push(paid);
  }
  points.length = kept;
}

function slopeOf(from: Point, to: Point): number {
  return (to.paid - from.paid) / (to.taken - from.taken);
}

function firstAtLeast(points: readonly Point[], wanted: number): number {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]!.taken < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Units out per unit in along the hull from one corner to the next. */
export function slopeAfter({ ins, outs }: TradeCurve, corner: number): number {
  return (outs[corner + 1]! - outs[corner]!) / (ins[corner + 1]! - ins[corner]!);
}

/** The pool's own best response to a price, on the hull, and what the true curve can hold above it. */
export function respond(curve: TradeCurve, price: number): Response {
  const { ins, outs, firstSlope } = curve;
  let low = 0;
  let high = ins.length - 1;
  // The first corner after which a unit pays less than it costs.
  while (low < high) {
    const middle = (low + high) >> 1;
    if (slopeAfter(curve, middle) > price) low = middle + 1;
    else high = middle;
  }
  const corner = low;
  const value = Math.max(0, outs[corner]! - price * ins[corner]!);
  if (corner === 0 && firstSlope <= price) return { corner, value, bound: value, apex: 0 };
  const left = corner === 0 ? undefined : apexBetween(curve, corner - 1);
  const right = apexBetween(curve, corner);
  const worth = (point: Point | undefined): number =>
    point === undefined ? Number.NEGATIVE_INFINITY : point.paid - price * point.taken;
  const best = worth(left) > worth(right) ? left! : right!;
  return { corner, value, bound: Math.max(value + FLOOR_UNITS * (1 + price), worth(best)), apex: best.taken };
}

/**
 * Where the neighbours' lines meet over the interval after `corner`: the true curve is under both. Lines are prolonged
 * with what floors may have hidden at the corners they go through.
 */
function apexBetween(curve: TradeCurve, corner: number): Point {
  const { ins, outs, firstSlope, end } = curve;
  const x0 = ins[corner]!;
  const y0 = outs[corner]!;
  const before = corner === 0 ? firstSlope : slopeAfter(curve, corner - 1);
  const floors = (length: number): number =>
    FLOOR_UNITS * (1 + before) * (corner === 0 ? 1 : 1 + length / (x0 - ins[corner - 1]!));
  const last = ins.length - 1;
  if (corner === last) return { taken: end, paid: y0 + before * (end - x0) + floors(end - x0) };
  const x1 = ins[corner + 1]!;
  const y1 = outs[corner + 1]!;
  // Nothing is paid for being given more, so past the last corner but one the curve is under its last corner.
  const after = corner + 1 === last ? 0 : slopeAfter(curve, corner + 1);
  const meet = before > after ? (y1 - y0 + before * x0 - after * x1) / (before - after) : x1;
  const taken = Math.min(x1, Math.max(x0, meet));
  return { taken, paid: y0 + before * (taken - x0) + floors(taken - x0) };
}

/**
 * Quotes the pool where its hull may lie lowest under the true curve at this price, until the bound is within
 * `tolerance` units out of the best corner or a quote tells nothing new. Returns the last response.
 */
export function refine(curve: TradeCurve, price: number, tolerance: number, steps: number): Response {
  let response = respond(curve, price);
  for (let step = 0; step < steps; step++) {
    if (response.bound - response.value <= Math.max(tolerance, 2 * FLOOR_UNITS * (1 + price))) break;
    if (!addQuoteAt(curve, response.apex)) break;
    response = respond(curve, price);
  }
  return response;
}

/** Quotes an input and puts it on the hull; false when that changes nothing. */
export function addQuoteAt(curve: TradeCurve, size: number): boolean {
  if (!(size >= 1)) return false;
  const point = quotePoint(curve, Math.round(size));
  return typeof point !== 'string' && insertPoint(curve, point);
}
