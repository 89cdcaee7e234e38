import type { Address } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { BPS } from '../../core/units.ts';
import type { Market } from '../../market/market.ts';
import { isQuotable, type PoolEntry } from '../../market/pool-entry.ts';
import { isBeyondCompute } from '../../venues/compute.ts';
import { stateAfter } from '../../venues/shared-accounts.ts';
import type { PoolState } from '../../venues/venue.ts';

/** What is asked: base units of `mintIn`, all of them. */
export interface QuoteAsk {
  readonly mintIn: Address;
  readonly mintOut: Address;
  readonly amountIn: bigint;
}

/** One swap of a quote. Amounts in base units. */
export interface QuotedLeg {
  readonly venue: string;
  readonly pool: Address;
  readonly aToB: boolean;
  readonly mintIn: Address;
  readonly mintOut: Address;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly computeUnits: number;
}

/** The most that the held pools pay for the amount, and how. */
export interface BestQuote extends QuoteAsk {
  readonly amountOut: bigint;
  readonly legs: readonly QuotedLeg[];
}

/**
 * `market-not-live`: nothing held may be quoted now. `no-route`: no quotable pools lead from the one mint to the other
 * in two swaps. `quote-refused`: some do, and each refuses the amount or takes only a part of it.
 */
export type BestQuoteRefusal = 'market-not-live' | 'no-route' | 'quote-refused';

/**
 * The best exact quote over one pool, or over two in a row. Whole amounts only: no split, and no pool that takes less
 * than it is offered. Not for the hot line: it quotes every pool of the two mints.
 */
export function bestQuote(market: Market, ask: QuoteAsk): Outcome<BestQuote, BestQuoteRefusal> {
  const { clock } = market;
  if (!market.live || clock === undefined) return refusal('market-not-live');
  let found = false;
  const out: { best: BestQuote | undefined } = { best: undefined };
  const offer = (legs: readonly QuotedLeg[]): void => {
    const { amountOut } = legs[legs.length - 1]!;
    if (amountOut > (out.best?.amountOut ?? 0n)) out.best = { ...ask, amountOut, legs };
  };

  /** What the first swap pays at most, by the mint that it pays in. */
  const first = new Map<Address, QuotedLeg>();
  for (const entry of market.pools) {
    const mint = otherMint(entry, ask.mintIn);
    if (mint === undefined) continue;
    if (mint === ask.mintOut) found = true;
    const leg = quoteLeg(entry, ask.mintIn, ask.amountIn, clock);
    if (leg === undefined) continue;
    if (mint === ask.mintOut) offer([leg]);
    else if (leg.amountOut > (first.get(mint)?.amountOut ?? 0n)) first.set(mint, leg);
  }
  for (const entry of market.pools) {
    const mint = otherMint(entry, ask.mintOut);
    const before = mint === undefined ? undefined : first.get(mint);
    if (mint === undefined || before === undefined) continue;
    found = true;
    const state = stateBehind(entry, market.poolAt(before.pool), before, clock);
    const leg = quoteLeg(entry, mint, before.amountOut, clock, state);
    if (leg !== undefined && isBeyondCompute(before.computeUnits + leg.computeUnits, clock)) continue;
    if (leg !== undefined) offer([before, leg]);
  }
  if (out.best !== undefined) return success(out.best);
  return refusal(found ? 'quote-refused' : 'no-route');
}

/** How much more than `other` our amount out is, in hundredths of a percent; negative where it is less. */
export function deviationBps(own: bigint, other: bigint): number {
  // A hundredth of a basis point is kept.
  return Number(((own - other) * BPS * 100n) / other) / 100;
}

/** The pool's other mint, when it may be quoted and trades `mint`. */
function otherMint(entry: PoolEntry, mint: Address): Address | undefined {
  const { state } = entry;
  if (state === undefined || !isQuotable(entry) || state.mintA === state.mintB) return undefined;
  if (state.mintA === mint) return state.mintB;
  return state.mintB === mint ? state.mintA : undefined;
}

/** The pool as the first swap leaves it: another than now only where the two pools share accounts. */
function stateBehind(
  { venue, state }: PoolEntry,
  first: PoolEntry | undefined,
  leg: QuotedLeg,
  clock: ChainClock,
): PoolState | undefined {
  if (venue.carry === undefined || state === undefined) return state;
  if (first?.state === undefined || first.venue !== venue) return state;
  const settled = venue.settle(first.state, leg.aToB, leg.amountIn, clock);
  return settled.ok ? stateAfter(venue, state, [{ venue, state: settled.state }]) : state;
}

function quoteLeg(
  { venue, address, state: held }: PoolEntry,
  mintIn: Address,
  amountIn: bigint,
  clock: ChainClock,
  state: PoolState | undefined = held,
): QuotedLeg | undefined {
  if (state === undefined) return undefined;
  const aToB = state.mintA === mintIn;
  const quote = venue.quote(state, aToB, amountIn, clock);
  if (!quote.ok || quote.consumedIn !== amountIn) return undefined;
  const mintOut = aToB ? state.mintB : state.mintA;
  const { amountOut, computeUnits } = quote;
  return { venue: venue.id, pool: address, aToB, mintIn, mintOut, amountIn, amountOut, computeUnits };
}
