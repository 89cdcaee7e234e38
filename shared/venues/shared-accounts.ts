import type { PoolState, Venue } from './venue.ts';

/** A pool as a swap left it, within one transaction. */
export interface Swapped {
  readonly venue: Venue;
  readonly state: PoolState;
}

/**
 * True when a swap of either pool writes an account that quotes of the other read, so that the second of two swaps in
 * one transaction must be quoted on what the first one leaves. A pool shares everything with itself.
 */
export function sharesWrites(one: Swapped, other: Swapped): boolean {
  if (one.venue !== other.venue) return false;
  if (one.state.address === other.state.address) return true;
  if (one.venue.carry === undefined) return false;
  for (const { address, everySwap } of one.state.accounts) {
    if (!everySwap) continue;
    for (const account of other.state.accounts) if (account.address === address) return true;
  }
  return false;
}

/** True when a swap of one of two different pools moves what the other one pays, whichever comes first. */
export function areEntangled(one: Swapped, other: Swapped): boolean {
  return one.venue.carry !== undefined && (sharesWrites(one, other) || sharesWrites(other, one));
}

/** The pool's `state` as swaps of the same transaction have left it: those of its own, and those of pools it shares with. */
export function stateAfter(venue: Venue, state: PoolState, earlier: readonly Swapped[]): PoolState {
  let after = state;
  for (let i = 0; i < earlier.length; i++) {
    const swapped = earlier[i]!;
    if (swapped.venue !== venue) continue;
    if (swapped.state.address === state.address) after = swapped.state;
    else if (venue.carry !== undefined) after = venue.carry(swapped.state, after);
  }
  return after;
}
