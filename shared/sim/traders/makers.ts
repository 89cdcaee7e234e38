import type { Random } from '../../core/random.ts';
import type { FairPrices } from './fair-price.ts';
import type { DeskPool, PoolDesk } from './pool-desk.ts';

/** Market makers of order books: they place their orders anew around the fair price when it or the book has moved. */
export interface Makers {
  /** What they do in one slot. */
  act(slot: number): void;
}

/** How far the fair price may move before a book is stale, and how much wider than quoted a spread may be (log price). */
const STALE = 0.6e-4;
const THINNED = 0.6e-4;
/** Makers answer 1 to this many slots after a book went stale, so that a quick move leaves old orders to be taken. */
const SLOWEST_SLOTS = 4;

interface Quoted {
  readonly pool: DeskPool;
  /** The middle that the opening book was placed around. */
  readonly opening: number;
  center: number;
  fee: number;
  due: number | undefined;
}

/** Takes the books' opening prices as they are now: call it before any trade. */
export function createMakers(deps: {
  readonly desk: PoolDesk;
  readonly fair: FairPrices;
  readonly random: Random;
}): Makers {
  const { desk, fair, random } = deps;
  const books: Quoted[] = [];
  for (const pool of desk.pools) {
    const price = pool.venue.book === undefined ? undefined : desk.price(pool);
    if (price === undefined) continue;
    books.push({ pool, opening: price.mid, center: price.mid, fee: price.fee, due: undefined });
  }

  function isStale(book: Quoted, center: number): boolean {
    const price = desk.price(book.pool);
    if (price === undefined || price.fee > book.fee + THINNED) return true;
    return Math.abs(center - book.center) > STALE;
  }

  return {
    act(slot) {
      for (const book of books) {
        const center = fair.fair(book.pool);
        if (center === undefined) continue;
        if (book.due === undefined && isStale(book, center)) book.due = slot + random.below(SLOWEST_SLOTS);
        if (book.due === undefined || book.due > slot) continue;
        book.due = undefined;
        if (!desk.requote(book.pool, center - book.opening)) continue;
        book.center = center;
        book.fee = desk.price(book.pool)?.fee ?? book.fee;
      }
    },
  };
}
