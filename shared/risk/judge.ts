import { type Address, WSOL_MINT } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { unitsForSwaps } from '../core/compute.ts';
import { type CostModel, expectedLamports } from '../costs/costs.ts';
import type { Market } from '../market/market.ts';
import type { PoolEntry } from '../market/pool-entry.ts';
import { lamportsToUnits, referencePrice, unitsToLamports } from '../market/reference-price.ts';
import { type Opportunity, offeredIn } from '../routing/opportunity.ts';
import type { Reason } from '../routing/reason.ts';
import { type AccountsOf, type Quoted, quoteAgain } from './quote-again.ts';

/** What may be risked. Amounts in base units of the mint they are keyed by, or lamports where the name says so. */
export interface RiskLimits {
  readonly maxTradeIn: ReadonlyMap<Address, bigint>;
  readonly minNetProfitLamports: bigint;
  /** Most that one leg may take of a pool: the share by which its average price falls below the marginal one. */
  readonly maxPoolShareBps?: number;
  /** Most that the priority fee may come to for each swap of a trade; no limit when absent. */
  readonly maxPriorityFeeLamports?: bigint;
  /** Orders that may be on their way at once. */
  readonly maxPending: number;
  /** Having lost this much since the start, or since it was last resumed, trading stops until a person resumes it. */
  readonly maxLossLamports: bigint;
  /** How many slots the account feed may lag behind the slot stream. */
  readonly maxSlotLag: number;
}

/** The same, with how large one transaction may be. */
export interface DoorLimits extends RiskLimits {
  /** Hops of a cycle. */
  readonly maxHops: number;
  /** Swaps of one transaction. */
  readonly maxSwaps: number;
}

/** What approval must know besides the opportunity, read at the moment of deciding. */
export interface RiskView {
  readonly paused: boolean;
  readonly halted: boolean;
  readonly feedStale: boolean;
  readonly pending: number;
  readonly market: Market;
  readonly costs: CostModel;
  readonly accountsOf: AccountsOf;
  /** An order on its way goes through the pool, or moves what it pays. */
  isPoolBusy(pool: PoolEntry): boolean;
  isSpent(pool: PoolEntry, aToB: boolean): boolean;
  free(mint: Address): bigint;
  /** True when the wallet has a token account for the mint: another must be paid for. */
  hasAccount(mint: Address): boolean;
}

/** Without a limit a leg may take all that a pool pays. */
export const WHOLE_POOL_BPS = 10_000;
/** Prices are floats, and the search takes theirs from logarithms: what differs by less than this is equal. */
const FLOAT_SLACK = 1 - 1e-9;

/** The first reason against executing an opportunity now; undefined when there is none. */
export function judge(opportunity: Opportunity, limits: DoorLimits, view: RiskView): Reason | undefined {
  if (view.halted) return 'halted';
  if (view.paused) return 'paused';
  if (view.feedStale) return 'feed-stale';
  const { clock } = view.market;
  if (clock === undefined || !view.market.live) return 'feed-stale';
  const quoted = quoteAgain(opportunity, limits, view, clock);
  if (typeof quoted === 'string') return quoted;
  return (
    againstRoute(opportunity, quoted, limits, view, clock) ??
    againstFigures(opportunity, quoted, limits, view) ??
    againstFunds(opportunity, limits, view)
  );
}

/** What speaks against its pools. */
function againstRoute(
  { legs }: Opportunity,
  { pools, consumed, computeUnits }: Quoted,
  limits: DoorLimits,
  view: RiskView,
  clock: ChainClock,
): Reason | undefined {
  const leastShare = 1 - (limits.maxPoolShareBps ?? WHOLE_POOL_BPS) / 10_000;
  for (let i = 0; i < legs.length; i++) {
    const { aToB, amountOut } = legs[i]!;
    const pool = pools[i]!;
    if (view.isPoolBusy(pool)) return 'conflicting';
    if (view.isSpent(pool, aToB)) return 'edge-spent';
    const least = Number(consumed[i]!) * priceOf(pool, aToB, clock) * leastShare * FLOAT_SLACK;
    // A unit may be what the pool's own rounding took.
    if (Number(amountOut) + 1 < least) return 'above-pool-share';
  }
  return computeUnits > unitsForSwaps(clock) ? 'beyond-compute' : undefined;
}

/** What speaks against what it costs and earns, by figures of our own. */
function againstFigures(
  opportunity: Opportunity,
  quoted: Quoted,
  limits: DoorLimits,
  view: RiskView,
): Reason | undefined {
  const { startMint, legs, costs, grossProfit, costUnits, netProfit, netLamports } = opportunity;
  if (
    costs.priorityFeeLamports >
    (limits.maxPriorityFeeLamports ?? costs.priorityFeeLamports) * BigInt(legs.length)
  )
    return 'above-fee-cap';
  const price = referencePrice(view.market, startMint);
  if (price === undefined) return 'no-reference-price';
  const own = view.costs.costsOf({
    legs: legs.length,
    newAccounts: newAccounts(opportunity, view),
    computeUnits: quoted.computeUnits,
  });
  if (
    costs.totalLamports < own.totalLamports ||
    costs.failureLamports < own.failureLamports ||
    costs.hurdleLamports < own.hurdleLamports ||
    opportunity.amountIn !== quoted.amountIn ||
    opportunity.amountOut !== quoted.amountOut ||
    grossProfit !== quoted.amountOut - quoted.amountIn ||
    costUnits !== lamportsToUnits(costs.totalLamports, price) ||
    netProfit !== grossProfit - costUnits ||
    netLamports !== unitsToLamports(netProfit, price)
  )
    return 'misstated';
  // What nets nothing or less is worth no more than that: failures only cost.
  if (expectedLamports(own, netLamports) <= 0n) return 'below-costs';
  return netLamports < limits.minNetProfitLamports ? 'below-min-profit' : undefined;
}

/** What speaks against it of what there is, and may be put in. */
function againstFunds(opportunity: Opportunity, limits: DoorLimits, view: RiskView): Reason | undefined {
  const { startMint, costs } = opportunity;
  const offered = offeredIn(opportunity);
  if (offered > (limits.maxTradeIn.get(startMint) ?? 0n)) return 'above-max-trade';
  if (view.pending >= limits.maxPending) return 'max-pending';
  if (view.free(startMint) < offered) return 'insufficient-balance';
  // Its fees, tip and rent, and what it puts in where that is SOL.
  const lamports = costs.totalLamports + (startMint === WSOL_MINT ? offered : 0n);
  return view.free(WSOL_MINT) < lamports ? 'insufficient-sol' : undefined;
}

/** No amount is paid more a unit on average: base units out per base unit in. */
function priceOf({ venue, state }: PoolEntry, aToB: boolean, clock: ChainClock): number {
  return venue.bestPrice?.(state!, aToB, clock) ?? venue.marginalPrice(state!, aToB, clock);
}

function newAccounts({ legs, startMint }: Opportunity, view: RiskView): number {
  const mints = new Set<Address>();
  for (const { mintIn } of legs) if (mintIn !== startMint && !view.hasAccount(mintIn)) mints.add(mintIn);
  return mints.size;
}
