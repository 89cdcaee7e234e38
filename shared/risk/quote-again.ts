import type { Address } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import type { Market } from '../market/market.ts';
import { isQuotable, type PoolEntry } from '../market/pool-entry.ts';
import type { Leg, Opportunity } from '../routing/opportunity.ts';
import type { Reason } from '../routing/reason.ts';
import { FIXED_ACCOUNTS } from '../routing/transaction-room.ts';
import { type Swapped, sharesWrites, stateAfter } from '../venues/shared-accounts.ts';

/** What the legs of an opportunity come to on the states of now. Base units. */
export interface Quoted {
  /** By leg. */
  readonly pools: readonly PoolEntry[];
  readonly consumed: readonly bigint[];
  /** What the first hop really takes, and what the last one pays. */
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly computeUnits: number;
}

/** How large a trade may be. */
interface Extent {
  readonly maxHops: number;
  readonly maxSwaps: number;
}

/** What the pool's swap instruction in that direction names, its program included. */
export type AccountsOf = (pool: PoolEntry, aToB: boolean) => ReadonlySet<Address>;

/**
 * Quotes every leg again, as the chain would run them, after having seen that they are a cycle that one transaction can
 * hold. A reason where they are not, or where a pool pays something else than the leg says.
 */
export function quoteAgain(
  { legs, startMint }: Opportunity,
  extent: Extent,
  { market, accountsOf }: { readonly market: Market; readonly accountsOf: AccountsOf },
  clock: ChainClock,
): Quoted | Reason {
  if (!isCycle(legs, startMint, extent)) return 'malformed-route';
  const pools: PoolEntry[] = [];
  for (const leg of legs) {
    const pool = market.poolAt(leg.pool);
    if (pool?.state === undefined || !isQuotable(pool)) return 'pool-not-quotable';
    if (!trades(pool, leg)) return 'malformed-route';
    pools.push(pool);
  }
  if (lockedAccounts(legs, pools, accountsOf) > market.chain.transactionAccounts) return 'beyond-accounts';
  const consumed: bigint[] = [];
  const left: Swapped[] = [];
  /** What the hop may be offered still: what the hop before paid. */
  let available = 0n;
  let paid = 0n;
  let amountIn = 0n;
  let computeUnits = 0;
  for (let i = 0; i < legs.length; i++) {
    const leg = legs[i]!;
    if (i > 0 && leg.hop !== legs[i - 1]!.hop) {
      available = paid;
      paid = 0n;
    }
    const { venue, state } = pools[i]!;
    const met = stateAfter(venue, state!, left);
    const quote = venue.quote(met, leg.aToB, leg.amountIn, clock);
    if (!quote.ok) return quote.reason === 'compute' ? 'beyond-compute' : 'quote-refused';
    if (quote.amountOut !== leg.amountOut) return 'misstated';
    if (leg.hop === 0) amountIn += quote.consumedIn;
    else if (leg.amountIn > available) return 'misstated';
    else available -= leg.amountIn;
    paid += quote.amountOut;
    computeUnits += quote.computeUnits;
    consumed.push(quote.consumedIn);
    if (!isMetAgain(pools, i)) continue;
    const settled = venue.settle(met, leg.aToB, leg.amountIn, clock);
    if (!settled.ok) return 'quote-refused';
    left.push({ venue, state: settled.state });
  }
  return { pools, consumed, amountIn, amountOut: paid, computeUnits };
}

/** True when a later leg meets what this one leaves of its pool. */
function isMetAgain(pools: readonly PoolEntry[], at: number): boolean {
  const { venue, state } = pools[at]!;
  for (let later = at + 1; later < pools.length; later++) {
    const other = pools[later]!;
    if (sharesWrites({ venue, state: state! }, { venue: other.venue, state: other.state! })) return true;
  }
  return false;
}

/**
 * Hops from 0 on, each from the mint that the one before ended in, the last one back to the first; no mint twice. That
 * there are two at least follows: no pool trades a mint for itself.
 */
function isCycle(legs: readonly Leg[], startMint: Address, { maxHops, maxSwaps }: Extent): boolean {
  const last = legs.at(-1);
  if (last === undefined || legs.length > maxSwaps || last.hop >= maxHops) return false;
  if (last.mintOut !== startMint) return false;
  const left = new Set<Address>();
  let before: Leg | undefined;
  for (const leg of legs) {
    if (leg.amountIn <= 0n || leg.amountOut <= 0n) return false;
    if (before !== undefined && leg.hop === before.hop) {
      if (leg.mintIn !== before.mintIn || leg.mintOut !== before.mintOut) return false;
    } else {
      if (leg.hop !== (before?.hop ?? -1) + 1) return false;
      if (leg.mintIn !== (before?.mintOut ?? startMint) || left.has(leg.mintIn)) return false;
      left.add(leg.mintIn);
    }
    before = leg;
  }
  return true;
}

/** True when the pool is of the leg's venue and trades its mints in its direction. */
function trades({ venue, state }: PoolEntry, { venue: id, aToB, mintIn, mintOut }: Leg): boolean {
  const { mintA, mintB } = state!;
  return venue.id === id && mintIn === (aToB ? mintA : mintB) && mintOut === (aToB ? mintB : mintA);
}

/** Accounts that a transaction of these swaps locks; infinity where those of a swap are not known. */
function lockedAccounts(legs: readonly Leg[], pools: readonly PoolEntry[], accountsOf: AccountsOf): number {
  const distinct = new Set<Address>();
  for (let i = 0; i < legs.length; i++) {
    const named = accountsOf(pools[i]!, legs[i]!.aToB);
    if (named.size === 0) return Number.POSITIVE_INFINITY;
    for (const address of named) distinct.add(address);
  }
  return FIXED_ACCOUNTS + distinct.size;
}
