import type { ExactRoute } from './exact-route.ts';

/** Sizes tried on each side of the best so far in one round, */
const SIDE = 8;
/** each round over this part of the width of the one before, which began at a factor of two on each side. */
const NARROWING = 4;
const ROUNDS = 6;
/** A stair is followed down to its edge up to this share of the profit. */
const EDGE_SHARE = 1e-4;
const MAX_RUNS = 600;
/** Stairs are wide when fewer than so many lead up to a size. */
const WIDE_STAIRS = 64;

/** An input offered to a route, and what it earns. */
export interface Offer {
  readonly offered: bigint;
  readonly profit: bigint;
}

/**
 * The best size of a route on which whole units between the hops are worth much: what comes out stands still over a
 * stretch of inputs, and the least of them earns most. Sizes around `from` are tried ever closer; those that might be on
 * the best stair are followed down to its edge. Undefined when none is taken.
 */
export function climbStairs(route: ExactRoute, from: bigint, maxIn: bigint): Offer | undefined {
  let best: Offer | undefined;
  let runs = 0;
  const run = (offered: bigint): boolean => {
    runs += 1;
    return runs <= MAX_RUNS && route.run(offered);
  };
  /** How far down to a stair's edge it was at most. */
  let width = 0n;
  const visit = (size: number): void => {
    const offered = size >= Number(maxIn) ? maxIn : BigInt(Math.max(1, Math.floor(size)));
    if (!run(offered)) return;
    const { profit, amountOut } = route;
    if (best !== undefined && Number(profit) + stepOf(route) <= Number(best.profit)) return;
    const edge = edgeBelow(offered, amountOut, profit, run, route);
    if (offered - edge.offered > width) width = offered - edge.offered;
    if (best === undefined || edge.profit > best.profit) best = edge;
  };
  visit(Number(from));
  for (let round = 0, reach = 1; round < ROUNDS && runs < MAX_RUNS; round++, reach /= NARROWING) {
    const around = Number(best?.offered ?? from);
    for (let side = -SIDE; side <= SIDE; side++) visit(around * 2 ** ((reach * side) / SIDE));
    // The next sizes would all stand on one stair.
    if (best !== undefined && (around * reach) / SIDE < Number(width) / 2) break;
  }
  if (best === undefined || !run(best.offered)) return best;
  // Wide stairs one by one, beside the best.
  const { offered } = best;
  const step = stepOf(route);
  if (step * WIDE_STAIRS > Number(offered))
    for (let side = -SIDE; side <= SIDE; side++) visit(Number(offered) + (side * step) / 2);
  return best;
}

/**
 * How much less going in might bring out the same, nearly, base units of the start mint: the worth of one whole unit
 * between two hops, where that is most, and what legs after the first hop leave of their input. `route` must have been
 * run.
 */
export function stepOf(route: ExactRoute): number {
  const { edges, hopOf, hops, amountsOut, amountsIn, consumed } = route;
  let least = Number.POSITIVE_INFINITY;
  let output = 0;
  let left = 0;
  for (let leg = 0; leg < edges.length; leg++) {
    const hop = hopOf[leg]!;
    if (hop > 0) left = Math.max(left, 1 - Number(consumed[leg]) / Number(amountsIn[leg]));
    output += Number(amountsOut[leg]);
    if (hopOf[leg + 1] === hop) continue;
    if (hop < hops - 1) least = Math.min(least, output);
    output = 0;
  }
  return Number(route.amountIn) * (1 / least + left);
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
