import { climb } from './concave.ts';
import type { ExactRoute, RunRefusal } from './exact-route.ts';
import { climbStairs, stepOf, trimFirstLegs } from './stairs.ts';

/** Nothing that a size or share left untried may add more than this share of the profit. */
const SIZE_TOLERANCE = 0.0003;
/** The same for a hop's output, whose profit is a small part of it. */
const SHARE_TOLERANCE = 1e-7;
/** How far from its place in the plan the first neighbours are tried. */
const FIRST_STEP = 0.04;
const MAX_SIZE_RUNS = 48;
const MAX_SHARE_RUNS = 40;
const MAX_TRIM_RUNS = 24;
/** A plan that takes more compute units than a transaction has is halved so often. */
const MAX_HALVINGS = 12;
/** or so many eighths of its dearest leg's amount go to another pool of the same hop. */
const MAX_ROOM_RUNS = 24;
/** Shares are settled, then the size, then the shares again when the size moved by more than this. */
const RESETTLE = 0.02;
/** A whole unit between two hops that is worth more than this share of the profit makes sizes stairs. */
const LEAST_STEP = 0.01;
/** Below that, what goes in is taken back to the edge of its stair where that gives this share of the profit. */
const LEAST_TRIM = 0.0005;

export type Sizing =
  | { readonly ok: true; readonly offered: bigint; readonly profit: bigint }
  | { readonly ok: false; readonly reason: RunRefusal | 'no-exact-profit' };

/**
 * The profit-maximising input of a route that a plan came near to, and the shares of its split hops, by exact quotes.
 * Leaves the route's legs as they were quoted for the answer. `maxIn` in base units of the start mint, at least 1.
 */
export function sizeRoute(route: ExactRoute, planned: number, maxIn: bigint): Sizing {
  const ceiling = Number(maxIn);
  let best: { offered: bigint; profit: bigint } | undefined;
  let exhausted = false;
  let beyondCompute = false;
  let quoted = false;
  const profitAt = (size: number): number => {
    const offered = offeredAt(size, ceiling, maxIn);
    if (!route.run(offered)) {
      exhausted ||= route.refusal === 'budget-exhausted';
      beyondCompute ||= route.refusal === 'beyond-compute';
      return Number.NEGATIVE_INFINITY;
    }
    quoted = true;
    const { profit } = route;
    if (best === undefined || profit > best.profit) best = { offered, profit };
    return Number(profit);
  };
  const climbFrom = (start: number): number =>
    climb({
      height: profitAt,
      start,
      step: Math.max(1, start * FIRST_STEP),
      low: 1,
      high: ceiling,
      tolerance: SIZE_TOLERANCE,
      grain: 1,
      maxCalls: MAX_SIZE_RUNS,
    }).at;

  let size = planned;
  const isSplit = route.edges.length > route.hops;
  const shares = [...route.shares];
  if (isSplit) shareOut(route, size, ceiling, maxIn);
  profitAt(size);
  for (let i = 0; i < MAX_HALVINGS && !quoted && beyondCompute && !exhausted; i++) {
    if (i > 0) size /= 2;
    shares.forEach((share, leg) => {
      route.shares[leg] = share;
    });
    if (isSplit) {
      makeRoom(route, offeredAt(size, ceiling, maxIn));
      shareOut(route, size, ceiling, maxIn);
    }
    profitAt(size);
  }
  // Where a whole unit on the way is worth a part of the profit, sizes are stairs: no top can be climbed to on them.
  const isStepped = quoted && stepOf(route) > LEAST_STEP * Math.abs(Number(route.profit));
  let settled = isStepped ? size : climbFrom(size);
  if (isSplit && !isStepped && best !== undefined && Math.abs(settled - size) > RESETTLE * size) {
    size = settled;
    const before = [...route.shares];
    shareOut(route, size, ceiling, maxIn);
    const known: { offered: bigint; profit: bigint } = best;
    best = undefined;
    settled = climbFrom(size);
    const now = best as { offered: bigint; profit: bigint } | undefined;
    if (now === undefined || now.profit < known.profit) {
      before.forEach((share, leg) => {
        route.shares[leg] = share;
      });
      best = known;
    }
  }

  if (isStepped) {
    const found = climbStairs(route, best?.offered ?? maxIn, maxIn);
    if (found !== undefined && (best === undefined || found.profit > best.profit)) best = found;
  }
  if (best === undefined || best.profit <= 0n) {
    if (exhausted) return { ok: false, reason: 'budget-exhausted' };
    if (quoted) return { ok: false, reason: 'no-exact-profit' };
    return { ok: false, reason: beyondCompute ? 'beyond-compute' : 'quote-refused' };
  }
  if (!route.run(best.offered)) return { ok: false, reason: route.refusal };
  if (isStepped && !route.sharesAccounts) best = { ...best, offered: trimFirstLegs(route) };
  else if (!isStepped && stepOf(route) > LEAST_TRIM * Number(route.profit))
    best = { ...best, offered: trim(route, best.offered) };
  return { ok: true, offered: offerWhatIsTaken(route, best.offered), profit: route.profit };
}

function offeredAt(size: number, ceiling: number, maxIn: bigint): bigint {
  return size >= ceiling ? maxIn : BigInt(Math.max(1, Math.floor(size)));
}

/**
 * Of legs that together take more compute units than a transaction has, the dearest of those that share their hop gives
 * parts of its amount to the cheapest one there, until there are enough units or nothing helps.
 */
function makeRoom(route: ExactRoute, offered: bigint): void {
  for (let i = 0; i < MAX_ROOM_RUNS && !route.run(offered) && route.refusal === 'beyond-compute'; i++) {
    let dearest = -1;
    let cheapest = -1;
    for (let leg = 0; leg < route.edges.length; leg++) {
      if (isAlone(route, leg)) continue;
      if (dearest < 0 || route.units[leg]! > route.units[dearest]!) dearest = leg;
    }
    for (let leg = 0; leg < route.edges.length; leg++) {
      if (dearest < 0 || leg === dearest || route.hopOf[leg] !== route.hopOf[dearest]) continue;
      if (cheapest < 0 || route.units[leg]! < route.units[cheapest]!) cheapest = leg;
    }
    if (cheapest < 0) return;
    const given = route.shares[dearest]! / 8;
    route.shares[dearest]! -= given;
    route.shares[cheapest]! += given;
  }
}

function isAlone(route: ExactRoute, leg: number): boolean {
  return route.hopOf[leg - 1] !== route.hopOf[leg] && route.hopOf[leg + 1] !== route.hopOf[leg];
}

/** Sets the shares of every split hop, each pair of its pools in turn, to what pays most for the planned amounts. */
function shareOut(route: ExactRoute, size: number, ceiling: number, maxIn: bigint): void {
  const offered = offeredAt(size, ceiling, maxIn);
  for (let h = 0; h < route.hops; h++) {
    const first = route.hopOf.indexOf(h);
    const last = route.hopOf.lastIndexOf(h);
    if (first === last) continue;
    // Earlier hops' shares have moved what this one is offered.
    if (!route.run(offered)) return;
    let total = 0;
    for (let leg = first; leg <= last; leg++) total += Number(route.amountsIn[leg]);
    for (let i = first; i <= last; i++) for (let j = i + 1; j <= last; j++) balance(route, i, j, total);
  }
}

/** Moves amount between two legs of a hop until their output is the most that it can be. */
function balance(route: ExactRoute, i: number, j: number, total: number): void {
  const { shares } = route;
  const both = shares[i]! + shares[j]!;
  const outputAt = (ofI: number): number => {
    const inI = BigInt(Math.max(1, Math.floor(ofI * total)));
    const inJ = BigInt(Math.max(1, Math.floor((both - ofI) * total)));
    if (!route.quoteLeg(i, inI)) return Number.NEGATIVE_INFINITY;
    const outI = Number(route.amountsOut[i]);
    if (!route.quoteLeg(j, inJ) || !route.isWithinCompute) return Number.NEGATIVE_INFINITY;
    return outI + Number(route.amountsOut[j]);
  };
  const { at, height } = climb({
    height: outputAt,
    start: shares[i]!,
    step: Math.min(shares[i]!, both - shares[i]!) * FIRST_STEP,
    low: 0,
    high: both,
    tolerance: SHARE_TOLERANCE,
    grain: 1 / total,
    maxCalls: MAX_SHARE_RUNS,
  });
  if (height === Number.NEGATIVE_INFINITY) return;
  shares[i] = at;
  shares[j] = both - at;
}

/** The least input that pays no less: what is offered beyond a whole lot is bought for nothing. Leaves the route run. */
function trim(route: ExactRoute, offered: bigint): bigint {
  const { amountOut } = route;
  let enough = offered;
  let tooLittle = 0n;
  for (let i = 0; i < MAX_TRIM_RUNS && enough - tooLittle > 1n; i++) {
    const middle = i === 0 ? enough - enough / 64n - 1n : (enough + tooLittle) / 2n;
    if (middle > 0n && route.run(middle) && route.amountOut >= amountOut) enough = middle;
    else tooLittle = middle;
  }
  return route.run(enough) ? enough : offered;
}

/** Lots leave a part of what a leg is offered: the first legs are offered no more than they take, where that pays the same. */
function offerWhatIsTaken(route: ExactRoute, offered: bigint): bigint {
  let total = offered;
  for (let leg = 0; leg < route.edges.length && route.hopOf[leg] === 0; leg++) {
    const was = route.amountsIn[leg]!;
    const taken = route.consumed[leg]!;
    const paid = route.amountsOut[leg]!;
    if (taken === was) continue;
    if (route.quoteLeg(leg, taken) && route.amountsOut[leg] === paid && route.consumed[leg] === taken) {
      total -= was - taken;
      continue;
    }
    route.amountsIn[leg] = was;
    route.consumed[leg] = taken;
    route.amountsOut[leg] = paid;
  }
  return total;
}
