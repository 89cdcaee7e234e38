import type { Random } from '../../core/random.ts';
import type { FairPrices } from './fair-price.ts';
import type { DeskPool, PoolDesk } from './pool-desk.ts';

/** Informed arbitrageurs: they see a pool off its fair price and bring it back some slots later. */
export interface Rivals {
  /** Their swaps of one slot; notices what has moved since. */
  act(slot: number): void;
  /** A rival swaps this pool at once, before anyone else: true when it did. */
  strikeNow(pool: DeskPool): boolean;
}

/** What a pool must still pay at the margin, after its fees, before a rival bothers: its own costs. */
const LEAST_EDGE = 0.6e-4;
/** Chance, of 100, that the fastest rival answers in the 1st, 2nd, … slot after the gap: most live 2 to 5. */
const DELAY_WEIGHTS = [13, 20, 22, 17, 12, 8, 5, 3] as const;
/** A gap worth more than this has two rivals racing for it. */
const CROWDED_USD = 3;
/** A rival that is too small, or out of inventory, closes only a part of the gap. */
const PARTIAL_CHANCE = 0.2;
/** Taking one side of a book moves its middle half as far as that side. */
const BOOK_SHARE = 0.5;

export function createRivals(deps: {
  readonly desk: PoolDesk;
  readonly fair: FairPrices;
  readonly depthUsd: (pool: DeskPool) => number;
  readonly random: Random;
}): Rivals {
  const { desk, fair, depthUsd, random } = deps;
  const due = new Map<DeskPool, number>();

  /** Trades until the pool's price after fees is fair again, or a part of the way. */
  function close(pool: DeskPool, share: number): boolean {
    const gap = fair.edge(pool);
    if (gap === undefined || gap.edge <= LEAST_EDGE) return false;
    const reach = pool.venue.book === undefined ? 1 : BOOK_SHARE;
    return desk.push(pool, gap.aToB, gap.edge * share * reach);
  }

  return {
    act(slot) {
      for (const pool of desk.pools) {
        let at = due.get(pool);
        if (at === undefined) {
          const gap = fair.edge(pool);
          if (gap === undefined || gap.edge <= LEAST_EDGE) continue;
          const worthUsd = (depthUsd(pool) * gap.edge * gap.edge) / 4;
          const first = delaySlots(random);
          const second = delaySlots(random);
          at = slot + (worthUsd > CROWDED_USD ? Math.min(first, second) : first);
          due.set(pool, at);
        }
        if (at > slot) continue;
        due.delete(pool);
        const partial = random.next() < PARTIAL_CHANCE;
        close(pool, partial ? 0.3 + 0.5 * random.next() : 1);
      }
    },
    strikeNow(pool) {
      due.delete(pool);
      return close(pool, 1);
    },
  };
}

/** Slots between noticing a gap (the slot after it opened) and trading on it. */
function delaySlots(random: Random): number {
  let left = random.below(100);
  for (let slots = 0; slots < DELAY_WEIGHTS.length; slots++) {
    left -= DELAY_WEIGHTS[slots]!;
    if (left < 0) return slots;
  }
  return DELAY_WEIGHTS.length - 1;
}
