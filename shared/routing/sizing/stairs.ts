import type { ExactRoute } from './exact-route.ts';

/** Sizes tried on each side of the best so far in one round, */
const SIDE = 8;
/** the first so many doublings to each side: a fee of one whole unit is two at twice the size, */
const FIRST_REACH = 2;
/** the next over this part of the width of the one before, or over as much again where the best stood at its rim. */
const NARROWING = 8;
const RIM = 0.8;
const ROUNDS = 6;
/** While stairs are compared, each is followed down towards its edge to this share of its width, or of the profit. */
const WIDTH_SHARE = 1 / 32;
const GRAIN_SHARE = 2e-3;
/** The best is followed down to its edge up to this share of the profit. */
const EDGE_SHARE = 1e-4;
const MAX_RUNS = 1_500;
/** So many runs of what may be quoted are left for what comes after. */
const SPARE_RUNS = 40;
/** Stairs are wide when fewer than so many lead up to a size: */
const WIDE_STAIRS = 16_384;
/** so many on each side of the best are tried one by one then, for a fee in whole units makes some of them pay one more; */
const STAIRS = 40;
/** each so far above where its edge should be, in stairs. */
const ABOVE_EDGE = 0.2;
/** One of so many beside each other is about as wide as the next: this part of those that lead up to a size. */
const BLOCK = 8;
/** A stair may be wider by so many of those before it. */
const MOST_BEYOND = 2;
/** Fewer than so many are followed down towards their edges each. */
const FEW_STAIRS = 4;
/** Steps of so much of a stair: where each begins is not known to a whole one. */
const PACE = 1 / 3;
/** Where the best one is found far out, they are tried around it again, so often in all. */
const WALKS = 3;

/** An input offered to a route, and what it earns. */
export interface Offer {
  readonly offered: bigint;
  readonly profit: bigint;
}

/**
 * The best size of a route on which whole units between the hops are worth much: what comes out stands still over a
 * stretch of inputs, and the least of them earns most. Sizes around `from` are tried ever closer, and the best is followed
 * down to the edge of its stair. Fees in whole units, too, make a saw of what larger sizes earn: the stairs beside the best
 * are tried one by one where they are few. Undefined when none is taken.
 */
export function climbStairs(route: ExactRoute, from: bigint, maxIn: bigint): Offer | undefined {
  let best: Offer | undefined;
  let runs = 0;
  const maxRuns = Math.min(MAX_RUNS, route.runsLeft - SPARE_RUNS);
  const run = (offered: bigint, hops?: number): boolean => {
    runs += 1;
    return runs <= maxRuns && route.run(offered, hops);
  };
  const take = (offer: Offer): void => {
    if (best === undefined || offer.profit > best.profit) best = offer;
  };
  const offerOf = (size: number): bigint =>
    size >= Number(maxIn) ? maxIn : BigInt(Math.max(1, Math.floor(size)));
  /** `worth`: what the way down to the edge may add; a stair when absent. */
  const visit = (size: number, worth?: number): void => {
    const offered = offerOf(size);
    if (!run(offered)) return;
    const step = stepOf(route);
    if (best !== undefined && Number(route.profit) + (worth ?? step) <= Number(best.profit)) return;
    take({ offered, profit: route.profit });
    const grain = Math.min(step * WIDTH_SHARE, Math.abs(Number(best!.profit)) * GRAIN_SHARE);
    const edge = nearEdge(offered, step, grain, run, route, best!.profit);
    if (run(edge)) take({ offered: edge, profit: route.profit });
  };
  visit(Number(from));
  for (let round = 0, reach = FIRST_REACH; round < ROUNDS && runs < maxRuns; round++) {
    const around = Number(best?.offered ?? from);
    for (let side = -SIDE; side <= SIDE; side++) visit(around * 2 ** ((reach * side) / SIDE));
    if (best === undefined || !run(best.offered)) break;
    // The next sizes would all stand on one stair.
    if ((around * reach) / SIDE < stepOf(route) / 2) break;
    if (Math.abs(Math.log2(Number(best.offered) / around)) < RIM * reach) reach /= NARROWING;
  }
  for (let walk = 0; walk < WALKS && best !== undefined && run(best.offered); walk++) {
    const step = stepOf(route);
    const around = Number(best.offered);
    if (step * WIDE_STAIRS < around) break;
    for (const side of [-1, 1]) {
      let edge = around;
      for (let left = STAIRS; left > 0 && run(offerOf(edge)); ) {
        const stairs = Math.max(1, Math.min(left, Math.floor(edge / step / BLOCK)));
        const width = widthBeside(edge, side * stairs, offerOf, run, route);
        if (width === undefined) break;
        for (let stair = PACE; stair <= stairs; stair += PACE)
          visit(
            edge + (side * stair + ABOVE_EDGE) * width,
            stairs < FEW_STAIRS ? width : 2 * ABOVE_EDGE * width,
          );
        edge += side * stairs * width;
        left -= stairs;
      }
    }
    if (Math.abs(Number(best.offered) - around) < RIM * STAIRS * step) break;
  }
  if (best === undefined || !route.run(best.offered)) return best;
  return edgeBelow(best.offered, route.amountOut, route.profit, run, route);
}

/** How wide so many stairs above an edge, or below it, are on average; undefined where that cannot be told. */
function widthBeside(
  edge: number,
  stairs: number,
  offerOf: (size: number) => bigint,
  run: (offered: bigint, hops?: number) => boolean,
  route: ExactRoute,
): number | undefined {
  const step = stepOf(route);
  const { hop, units } = grainOf(route);
  for (let beyond = 0.5; beyond <= MOST_BEYOND; beyond += 0.5) {
    const far = offerOf(edge + (stairs + beyond) * step);
    if (!run(far)) return undefined;
    const other = nearEdge(far, step, step * WIDTH_SHARE, run, route);
    if (!run(other, hop + 1)) return undefined;
    const apart = Math.abs(outputOf(route, hop) - units);
    if (apart > 0) return Math.abs(Number(other) - edge) / apart;
  }
  return undefined;
}

/**
 * How much less going in might bring out the same, nearly, base units of the start mint: the worth of one whole unit
 * between two hops, where that is most, and what legs after the first hop leave of their input. `route` must have been
 * run.
 */
export function stepOf(route: ExactRoute): number {
  const { units, left } = grainOf(route);
  return Number(route.amountIn) * (1 / units + left);
}

/** The hop before the last that pays the fewest whole units, and the largest share that a later leg leaves of its input. */
function grainOf(route: ExactRoute): { readonly hop: number; readonly units: number; readonly left: number } {
  const { edges, hopOf, hops, amountsIn, consumed } = route;
  let hop = 0;
  let units = Number.POSITIVE_INFINITY;
  for (let h = 0; h < hops - 1; h++) {
    const output = outputOf(route, h);
    if (output >= units) continue;
    units = output;
    hop = h;
  }
  let left = 0;
  for (let leg = 0; leg < edges.length; leg++)
    if (hopOf[leg]! > 0) left = Math.max(left, 1 - Number(consumed[leg]) / Number(amountsIn[leg]));
  return { hop, units, left };
}

function outputOf(route: ExactRoute, hop: number): number {
  let output = 0;
  for (let leg = 0; leg < route.edges.length; leg++)
    if (route.hopOf[leg] === hop) output += Number(route.amountsOut[leg]);
  return output;
}

/**
 * Down on the stair that `offered` stands on, to `grain` from its edge: as far as the hop that pays whole units pays no
 * fewer, or the whole route where a later leg takes whole lots. No further than could still earn more than `floor`.
 * `route` must have been run.
 */
function nearEdge(
  offered: bigint,
  step: number,
  grain: number,
  run: (offered: bigint, hops?: number) => boolean,
  route: ExactRoute,
  floor?: bigint,
): bigint {
  const { hop, units, left } = grainOf(route);
  const { profit } = route;
  const hops = left * units > 1 ? route.hops : hop + 1;
  const least = hops === route.hops ? Number(route.amountOut) : units;
  let enough = offered;
  let tooLittle = offered - BigInt(Math.ceil(step));
  while (enough - tooLittle > 1n && Number(enough - tooLittle) > grain) {
    if (floor !== undefined && profit + offered - tooLittle <= floor) break;
    const middle = (enough + tooLittle) / 2n;
    if (middle > 0n && run(middle, hops) && outputOf(route, hops - 1) >= least) enough = middle;
    else tooLittle = middle;
  }
  return enough;
}

/** The least input, nearly, that pays `amountOut`, when `offered` does. */
function edgeBelow(
  offered: bigint,
  amountOut: bigint,
  profit: bigint,
  run: (offered: bigint) => boolean,
  route: ExactRoute,
): Offer {
  let enough: Offer = { offered, profit };
  const share = BigInt(Math.floor(Math.abs(Number(profit)) * EDGE_SHARE));
  const grain = share > 1n ? share : 1n;
  let step = offered / 4_096n > grain ? offered / 4_096n : grain;
  let tooLittle = 0n;
  // Down in growing steps, then between the last two.
  while (enough.offered > step) {
    const lower = enough.offered - step;
    if (!run(lower) || route.amountOut < amountOut) {
      tooLittle = lower;
      break;
    }
    enough = { offered: lower, profit: route.profit };
    step *= 4n;
  }
  while (enough.offered - tooLittle > grain) {
    const middle = (enough.offered + tooLittle) / 2n;
    if (run(middle) && route.amountOut >= amountOut) enough = { offered: middle, profit: route.profit };
    else tooLittle = middle;
  }
  return enough;
}

/**
 * Of the first hop, each pool is offered the least that it pays as much for. `route` must have been run. What the hop is
 * offered then.
 */
export function trimFirstLegs(route: ExactRoute): bigint {
  let total = 0n;
  for (let leg = 0; leg < route.edges.length && route.hopOf[leg] === 0; leg++) {
    const paid = route.amountsOut[leg]!;
    const taken = route.consumed[leg]!;
    let enough = route.amountsIn[leg]!;
    let takenOfEnough = taken;
    let tooLittle = enough - enough / 8n - 1n;
    while (enough - tooLittle > 1n) {
      const middle = (enough + tooLittle) / 2n;
      if (middle > 0n && route.quoteLeg(leg, middle) && route.amountsOut[leg] === paid) {
        enough = middle;
        takenOfEnough = route.consumed[leg]!;
      } else tooLittle = middle;
    }
    route.amountsIn[leg] = enough;
    route.consumed[leg] = takenOfEnough;
    route.amountsOut[leg] = paid;
    route.amountIn -= taken - takenOfEnough;
    total += enough;
  }
  return total;
}
