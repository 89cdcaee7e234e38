import type { Address } from '../../core/address.ts';
import type { TradeCurve } from './trade-curve.ts';

/** A swap of the optimum: exact, all of them at the market's state as it stands. Base units. */
export interface Flow {
  readonly venue: string;
  readonly pool: Address;
  readonly aToB: boolean;
  readonly mintIn: Address;
  readonly mintOut: Address;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

export interface FeasibleFlows {
  readonly flows: readonly Flow[];
  /** Start mint gained, base units: exact. */
  readonly profit: bigint;
  /** Start mint put into pools. */
  readonly amountIn: bigint;
}

interface Trade {
  readonly curve: TradeCurve;
  offered: bigint;
  amountIn: bigint;
  amountOut: bigint;
}

/** Passes of taking deficits out; each carries them one pool nearer to the start mint. */
const PASSES = 400;
const TRIM_PASSES = 8;
/** Less of everything pays relatively more, so that shares of the whole leave something over in every mint. */
const SHARES = [1, 1 - 1e-9, 1 - 1e-7, 1 - 1e-5, 1 - 1e-4, 1 - 1e-3, 0.99, 0.9, 0.5];

/**
 * Turns the solver's sizes into whole amounts whose exact quotes leave no mint short: what roundings leave missing is
 * taken off the pools that spend it. No flows, and no profit, where that leaves nothing worth doing.
 */
export function feasibleFlows(
  sizes: readonly { readonly curve: TradeCurve; readonly size: number }[],
  prices: ReadonlyMap<Address, number>,
  startMint: Address,
  maxIn: bigint,
): FeasibleFlows {
  let best: FeasibleFlows = { flows: [], profit: 0n, amountIn: 0n };
  for (const share of SHARES) {
    const trades = sizes.map(({ curve, size }) => trade(curve, BigInt(Math.round(size * share))));
    if (!settle(trades, prices, startMint, maxIn)) continue;
    trim(trades, startMint);
    const found = total(trades, startMint);
    if (found.profit > best.profit) best = found;
    // The first share that works takes the most; the next ones only repair.
    if (best.profit > 0n) break;
  }
  return best;
}

function trade(curve: TradeCurve, offered: bigint): Trade {
  const made: Trade = { curve, offered: 0n, amountIn: 0n, amountOut: 0n };
  offer(made, offered);
  return made;
}

function offer(made: Trade, offered: bigint): void {
  const { pool, aToB, clock } = made.curve;
  const quote = offered > 0n ? pool.venue.quote(pool.state!, aToB, offered, clock) : undefined;
  const taken = quote?.ok === true && quote.amountOut > 0n ? quote : undefined;
  made.offered = taken === undefined ? 0n : offered;
  made.amountIn = taken?.consumedIn ?? 0n;
  made.amountOut = taken?.amountOut ?? 0n;
}

/** True when no mint is short, and no more than `maxIn` of the start mint goes in. */
function settle(
  trades: readonly Trade[],
  prices: ReadonlyMap<Address, number>,
  startMint: Address,
  maxIn: bigint,
): boolean {
  for (let pass = 0; pass < PASSES; pass++) {
    let short = false;
    for (const [mint, { paid, got }] of balancesOf(trades)) {
      const missing = mint === startMint ? paid - maxIn : paid - got;
      if (missing <= 0n) continue;
      short = true;
      const spenders = trades.filter(({ curve, amountIn }) => curve.mintIn === mint && amountIn > 0n);
      takeBack(spenders, missing, prices);
    }
    if (!short) return true;
  }
  return false;
}

/** Has the trade spend less that loses least by it; the largest ones whole where none spends so much. */
function takeBack(spenders: readonly Trade[], missing: bigint, prices: ReadonlyMap<Address, number>): void {
  const cheapest = spenders
    .filter(({ amountIn }) => amountIn > missing)
    .map((spender) => ({ spender, loss: lossOf(spender, missing, prices) }))
    .sort((a, b) => a.loss - b.loss)[0];
  if (cheapest !== undefined) {
    offer(cheapest.spender, cheapest.spender.amountIn - missing);
    return;
  }
  let left = missing;
  for (const spender of [...spenders].sort((a, b) => (a.amountIn > b.amountIn ? -1 : 1))) {
    if (left <= 0n) break;
    left -= spender.amountIn;
    offer(spender, left >= 0n ? 0n : -left);
  }
}

/** In units of the start mint: a book that gives up a unit gives up a whole lot. */
function lossOf({ curve, amountIn, amountOut }: Trade, less: bigint, prices: ReadonlyMap<Address, number>) {
  const { pool, aToB, clock } = curve;
  const quote = pool.venue.quote(pool.state!, aToB, amountIn - less, clock);
  const paid = quote.ok ? quote.amountOut : 0n;
  return Number(amountOut - paid) * (prices.get(curve.mintOut) ?? 0);
}

/** Has less bought of what would be left over: a book that takes whole lots leaves the rest of one. */
function trim(trades: readonly Trade[], startMint: Address): void {
  for (let pass = 0; pass < TRIM_PASSES; pass++) {
    let trimmed = false;
    for (const [mint, { paid, got }] of balancesOf(trades)) {
      if (mint === startMint || got <= paid) continue;
      const makers = trades.filter(({ curve, amountIn }) => curve.mintOut === mint && amountIn > 0n);
      let left = got - paid;
      for (const maker of makers) {
        const before = maker.amountOut;
        if (buyLess(maker, before - left)) trimmed = true;
        left -= before - maker.amountOut;
      }
    }
    if (!trimmed) return;
  }
}

/** The least input that still pays `wanted`; false when that is what it spends already. */
function buyLess(maker: Trade, wanted: bigint): boolean {
  const { pool, aToB, clock } = maker.curve;
  let low = 0n;
  let high = maker.amountIn;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    const quote = pool.venue.quote(pool.state!, aToB, middle, clock);
    if (wanted <= 0n || (quote.ok && quote.amountOut >= wanted)) high = middle;
    else low = middle;
  }
  if (high === maker.amountIn) return false;
  offer(maker, wanted <= 0n ? 0n : high);
  return true;
}

interface Balance {
  paid: bigint;
  got: bigint;
}

function balancesOf(trades: readonly Trade[]): ReadonlyMap<Address, Balance> {
  const balances = new Map<Address, Balance>();
  const of = (mint: Address): Balance => {
    const known = balances.get(mint);
    if (known !== undefined) return known;
    const fresh = { paid: 0n, got: 0n };
    balances.set(mint, fresh);
    return fresh;
  };
  for (const { curve, amountIn, amountOut } of trades) {
    of(curve.mintIn).paid += amountIn;
    of(curve.mintOut).got += amountOut;
  }
  return balances;
}

function total(trades: readonly Trade[], startMint: Address): FeasibleFlows {
  const { paid, got } = balancesOf(trades).get(startMint) ?? { paid: 0n, got: 0n };
  const flows = trades
    .filter(({ amountIn }) => amountIn > 0n)
    .map(({ curve, amountIn, amountOut }) => ({
      venue: curve.pool.venue.id,
      pool: curve.pool.address,
      aToB: curve.aToB,
      mintIn: curve.mintIn,
      mintOut: curve.mintOut,
      amountIn,
      amountOut,
    }));
  return { flows, profit: got - paid, amountIn: paid };
}
