import type { Address } from '../core/address.ts';
import type { Market } from '../market/market.ts';
import { isQuotable } from '../market/pool-entry.ts';
import { type Opportunity, offeredIn } from '../routing/opportunity.ts';
import { type Swapped, stateAfter } from '../venues/shared-accounts.ts';
import type { Leftover } from './order-event.ts';

/** What the legs of a signed transaction come to on a state; the reason when all of it reverts, or nobody knows. */
export type Executed =
  | {
      readonly ok: true;
      readonly amountIn: bigint;
      readonly amountOut: bigint;
      readonly leftovers: readonly Leftover[];
    }
  | { readonly ok: false; readonly reason: string };

/**
 * Runs the signed legs on the present state as the chain would: the amount offered to each leg was fixed when the
 * transaction was built, so a leg that pays less than the next one is offered reverts everything, and what is paid
 * beyond that, or not taken of it, stays in the wallet. So does a profit below `minProfit` (base units of the start
 * mint), which the transaction guards. Reason `state-unknown`: a pool is not quotable now.
 */
export function executeLegs(opportunity: Opportunity, minProfit: bigint, market: Market): Executed {
  const { clock } = market;
  if (clock === undefined || !market.live) return { ok: false, reason: 'state-unknown' };
  const { legs, startMint } = opportunity;
  const left: Swapped[] = [];
  const held = new Map<Address, bigint>([[startMint, offeredIn(opportunity)]]);
  const lastHop = legs.at(-1)!.hop;
  let amountIn = 0n;
  let amountOut = 0n;
  for (const leg of legs) {
    const entry = market.poolAt(leg.pool);
    if (entry?.state === undefined || !isQuotable(entry)) return { ok: false, reason: 'state-unknown' };
    const holding = held.get(leg.mintIn) ?? 0n;
    if (holding < leg.amountIn) return { ok: false, reason: 'leg-short' };
    const { venue } = entry;
    const state = stateAfter(venue, entry.state, left);
    const settled = venue.settle(state, leg.aToB, leg.amountIn, clock);
    if (!settled.ok) return { ok: false, reason: `leg-${settled.reason}` };
    left.push({ venue, state: settled.state });
    held.set(leg.mintIn, holding - settled.consumedIn);
    held.set(leg.mintOut, (held.get(leg.mintOut) ?? 0n) + settled.amountOut);
    if (leg.hop === 0) amountIn += settled.consumedIn;
    if (leg.hop === lastHop) amountOut += settled.amountOut;
  }
  if (amountOut - amountIn < minProfit) return { ok: false, reason: 'below-minimum-out' };
  held.delete(startMint);
  const leftovers = [...held].filter(([, amount]) => amount > 0n).map(([mint, amount]) => ({ mint, amount }));
  return { ok: true, amountIn, amountOut, leftovers };
}
