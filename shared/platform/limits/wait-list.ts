import { PRIORITIES } from './priority.ts';

/** One request that waits, a link of the list of its level. */
export interface Waiter {
  /** Index into PRIORITIES. */
  readonly level: number;
  readonly sinceMicros: number;
  /** Not wanted any more from then on; Infinity where it may wait for ever. */
  readonly deadlineMicros: number;
  /** How many tokens it takes. */
  readonly weight: number;
  list: WaitList | undefined;
  before: Waiter | undefined;
  after: Waiter | undefined;
}

/** Waiting requests, first in first out by level. Every operation takes constant time. */
export interface WaitList {
  readonly size: number;
  sizeOf(level: number): number;
  add(waiter: Waiter): void;
  /** Whose turn it is; undefined when nobody waits. */
  first(): Waiter | undefined;
  /** Who goes first where room must be made; undefined when nobody waits. */
  last(): Waiter | undefined;
  remove(waiter: Waiter): void;
}

const EXECUTION = 0;
const CONFIRMATION = 1;
/** Longer than anything waits, and still exact beside it. */
const AHEAD_OF_ALL_MICROS = 1e15;

/**
 * `agingMicros` is what a level is worth in waiting: a request goes before one of the next higher level that came so
 * much later, so that of balances, discovery and reports none starves while there is room for any. Execution goes
 * before all and leaves last, and confirmation before and after the rest in the same way, however long that has
 * waited: in a demand that lasts, what has waited longest is a queue that never ends.
 */
export function createWaitList(agingMicros: number): WaitList {
  const heads: (Waiter | undefined)[] = PRIORITIES.map(() => undefined);
  const tails: (Waiter | undefined)[] = PRIORITIES.map(() => undefined);
  const sizes = PRIORITIES.map(() => 0);
  let size = 0;

  const list: WaitList = {
    get size() {
      return size;
    },
    sizeOf: (level) => sizes[level]!,
    add(waiter) {
      const { level } = waiter;
      const tail = tails[level];
      waiter.list = list;
      waiter.before = tail;
      waiter.after = undefined;
      if (tail === undefined) heads[level] = waiter;
      else tail.after = waiter;
      tails[level] = waiter;
      sizes[level]!++;
      size++;
    },
    first() {
      if (heads[EXECUTION] !== undefined) return heads[EXECUTION];
      let best: Waiter | undefined;
      for (let level = EXECUTION + 1; level < heads.length; level++) {
        const head = heads[level];
        if (
          head !== undefined &&
          (best === undefined || turnOf(head, agingMicros) < turnOf(best, agingMicros))
        )
          best = head;
      }
      return best;
    },
    last() {
      let worst: Waiter | undefined;
      for (let level = EXECUTION + 1; level < tails.length; level++) {
        const tail = tails[level];
        if (
          tail !== undefined &&
          (worst === undefined || turnOf(tail, agingMicros) >= turnOf(worst, agingMicros))
        )
          worst = tail;
      }
      return worst ?? tails[EXECUTION];
    },
    remove(waiter) {
      if (waiter.list !== list) return;
      const { level, before, after } = waiter;
      if (before === undefined) heads[level] = after;
      else before.after = after;
      if (after === undefined) tails[level] = before;
      else after.before = before;
      waiter.list = undefined;
      waiter.before = undefined;
      waiter.after = undefined;
      sizes[level]!--;
      size--;
    },
  };
  return list;
}

/** The moment by which requests of different levels are compared: smaller goes first. */
export function turnOf(waiter: Pick<Waiter, 'level' | 'sinceMicros'>, agingMicros: number): number {
  const { level, sinceMicros } = waiter;
  if (level === EXECUTION) return Number.NEGATIVE_INFINITY;
  return level === CONFIRMATION ? sinceMicros - AHEAD_OF_ALL_MICROS : sinceMicros + level * agingMicros;
}
