import type { ChainClock } from '../core/clock.ts';
import { createHolds } from '../venues/holds.ts';
import type { PoolEntry } from './pool-entry.ts';

/**
 * Pools whose prices the clock alone moves, found again when their time comes. When that is, is asked of the venue at the
 * next clock after a pool has changed: the change itself costs no more than its name on a list.
 */
export interface DuePools {
  /** What the pool quotes may have become something else, at the market's present clock. */
  changed(entry: PoolEntry): void;
  /** The clock moves on: pools that quote something else from now on are added to `due`, some of very many. */
  advance(before: ChainClock, now: ChainClock, due: PoolEntry[]): void;
}

/** Pools found at one clock; what is over it is found at the next ones. */
const MAX_DUE = 256;
const NEVER = Number.POSITIVE_INFINITY;

export function createDuePools(): DuePools {
  /** By pool index: when it is due, by slot, unix time and epoch. */
  const slots: number[] = [];
  const times: number[] = [];
  const epochs: number[] = [];
  /** Pools that the clock moves, by index, and the first moment of any. */
  const timed: (PoolEntry | undefined)[] = [];
  const first = createHolds();
  const holds = createHolds();
  /** Changed since the last clock, and by pool index whether it is among them. */
  let waiting: PoolEntry[] = [];
  const isWaiting: boolean[] = [];
  /** Where the search for due pools begins: with very many, each has its turn. */
  let from = 0;

  const schedule = (entry: PoolEntry, clock: ChainClock): void => {
    const { index, state, venue } = entry;
    isWaiting[index] = false;
    timed[index] = undefined;
    if (state === undefined || entry.status !== 'live') return;
    venue.holdsUntil(state, clock, holds);
    const { slot, unixTimestamp, epoch } = holds;
    if (slot === NEVER && unixTimestamp === NEVER && epoch === NEVER) return;
    timed[index] = entry;
    slots[index] = slot;
    times[index] = unixTimestamp;
    epochs[index] = epoch;
    lower(slot, unixTimestamp, epoch);
  };

  const lower = (slot: number, unixTimestamp: number, epoch: number): void => {
    if (slot < first.slot) first.slot = slot;
    if (unixTimestamp < first.unixTimestamp) first.unixTimestamp = unixTimestamp;
    if (epoch < first.epoch) first.epoch = epoch;
  };

  const forgetFirst = (): void => {
    first.slot = NEVER;
    first.unixTimestamp = NEVER;
    first.epoch = NEVER;
  };
  forgetFirst();

  const changed = (entry: PoolEntry): void => {
    if (isWaiting[entry.index] === true) return;
    isWaiting[entry.index] = true;
    waiting.push(entry);
  };

  return {
    changed,
    advance(before, now, due) {
      const asked = waiting;
      waiting = [];
      // They were looked at under the clock before: what has moved since then is due now.
      for (const entry of asked) schedule(entry, before);
      if (now.slot < first.slot && now.unixTimestamp < first.unixTimestamp && now.epoch < first.epoch) return;
      forgetFirst();
      const count = timed.length;
      let found = 0;
      let next = from;
      for (let step = 0; step < count; step++) {
        const index = (from + step) % count;
        const entry = timed[index];
        if (entry === undefined) continue;
        const isDue =
          now.slot >= slots[index]! || now.unixTimestamp >= times[index]! || now.epoch >= epochs[index]!;
        if (!isDue || found === MAX_DUE) {
          lower(slots[index]!, times[index]!, epochs[index]!);
          continue;
        }
        found += 1;
        next = index + 1;
        timed[index] = undefined;
        changed(entry);
        // One that cannot be quoted now is looked at when it can be again.
        if (entry.coherent) due.push(entry);
      }
      from = found === MAX_DUE ? next % count : 0;
    },
  };
}
