import type { Consensus } from './chain-rules.ts';

export type Commitment = 'processed' | 'confirmed' | 'finalized';

const CONFIRMED_BEHIND = 1;
const FINALIZED_BEHIND = 32;

/** How far the closed slots are settled. A slot that was once confirmed or finalized stays it. */
export interface Commitments {
  /** The newest closed slot at a commitment. */
  at(commitment: Commitment): number;
  /** `slot` is open now, under `consensus`. */
  open(slot: number, consensus: Consensus): void;
}

export function createCommitments(startSlot: number): Commitments {
  const newest = { processed: startSlot, confirmed: startSlot, finalized: startSlot };
  const reach = (commitment: Commitment, slot: number): void => {
    newest[commitment] = Math.max(newest[commitment], slot);
  };
  return {
    at: (commitment) => newest[commitment],
    open(slot, consensus) {
      const closed = slot - 1;
      reach('processed', closed);
      if (consensus === 'migrating') return;
      reach('confirmed', closed - CONFIRMED_BEHIND);
      reach('finalized', closed - (consensus === 'alpenglow' ? CONFIRMED_BEHIND : FINALIZED_BEHIND));
    },
  };
}
