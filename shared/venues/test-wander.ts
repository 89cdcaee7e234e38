import type { ChainClock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { CONTRACT_CLOCK, type ContractPool, vaultAmount } from './contract.ts';
import type { PoolState, Venue } from './venue.ts';

const SWAPS = 8;

/** The pool after some swaps with some time between them, and the moment then. */
export function wander(
  venue: Venue,
  { state: opened, accounts }: ContractPool,
  random: Random,
): { state: PoolState; clock: ChainClock } {
  let state = opened;
  let clock = CONTRACT_CLOCK;
  for (let swap = 0; swap < SWAPS; swap++) {
    const aToB = random.below(3) === 0;
    const vault = vaultAmount(accounts, aToB ? state.vaultA : state.vaultB);
    const amount = BigInt(Math.floor(Number(vault) * 10 ** (-4 * random.next())));
    const settled = venue.settle(state, aToB, amount, clock);
    if (settled.ok) state = settled.state;
    const seconds = random.below(2) === 0 ? random.below(20) : random.below(2_000);
    clock = { ...clock, slot: clock.slot + 3 * seconds, unixTimestamp: clock.unixTimestamp + seconds };
  }
  return { state, clock };
}
