import { ASSUMED_CHAIN, slotsOf } from '../../../core/chain-parameters.ts';
import type { Clock } from '../../../core/clock.ts';
import type { Commitment } from '../rpc-client.ts';

/** What each endpoint has told of its slot, by commitment. */
export interface SlotBook {
  /** The endpoint answered as of `slot`. */
  told(endpoint: string, commitment: Commitment, slot: number): void;
  /** How far what the endpoint told last is from the truth, in slots; 0 before it told anything. */
  lag(endpoint: string, commitment: Commitment): number;
  /** The endpoint said that it has not reached `slot`. */
  notReached(endpoint: string, commitment: Commitment, slot: number): void;
  /** True when the endpoint cannot have reached `slot` yet, by what it told last. */
  behind(endpoint: string, commitment: Commitment, slot: number): boolean;
}

interface Told {
  readonly slot: number;
  readonly atMicros: number;
}

/** An endpoint may run so much faster than the clock says, for it may have caught up. */
const CATCH_UP_SLOTS = 4;
/** More than this ahead of everybody else is no news but a lie. */
const AHEAD_MS = 60_000;

/**
 * The truth is the newest slot that any endpoint told. With three or more it is the second newest, so that one that
 * lies about the future makes nobody else look late: it is then itself the one that is far from the truth.
 */
export function createSlotBook(
  clock: Clock,
  slotMicros: () => number = () => ASSUMED_CHAIN.slotMicros,
): SlotBook {
  const books = new Map<Commitment, Map<string, Told>>();

  function bookOf(commitment: Commitment): Map<string, Told> {
    let book = books.get(commitment);
    if (book === undefined) {
      book = new Map();
      books.set(commitment, book);
    }
    return book;
  }

  return {
    told(endpoint, commitment, slot) {
      bookOf(commitment).set(endpoint, { slot, atMicros: clock.monotonicMicros() });
    },
    lag(endpoint, commitment) {
      const book = bookOf(commitment);
      const own = book.get(endpoint);
      if (own === undefined) return 0;
      const newest = [...book.values()].sort((a, b) => b.slot - a.slot);
      const truth = newest[newest.length >= 3 ? 1 : 0]!;
      // The chain went on between the two.
      const passed = (truth.atMicros - own.atMicros) / slotMicros();
      const lag = Math.floor(truth.slot - own.slot - passed);
      const ahead = slotsOf({ slotMicros: slotMicros() }, AHEAD_MS);
      return lag < -ahead ? -lag : Math.max(0, lag);
    },
    notReached(endpoint, commitment, slot) {
      bookOf(commitment).set(endpoint, { slot: slot - 1, atMicros: clock.monotonicMicros() });
    },
    behind(endpoint, commitment, slot) {
      const last = bookOf(commitment).get(endpoint);
      if (last === undefined || last.slot >= slot) return false;
      const passed = (clock.monotonicMicros() - last.atMicros) / slotMicros();
      return last.slot + Math.floor(passed) + (passed >= 1 ? CATCH_UP_SLOTS : 0) < slot;
    },
  };
}
