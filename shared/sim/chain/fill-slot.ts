import type { Bank } from './bank.ts';

/**
 * Lets `trade` act in the open slot. Where the chain's rules say so, the leader gives that block up and builds another,
 * in which `trade` acts anew: whoever heard of the first one has heard of what never was.
 */
export function fillSlot(bank: Bank, trade: () => void): void {
  trade();
  const { consensus, secondBlockEvery } = bank.rules;
  if (consensus !== 'alpenglow' || secondBlockEvery === 0 || bank.slot % secondBlockEvery !== 0) return;
  bank.dropBlock();
  trade();
}
