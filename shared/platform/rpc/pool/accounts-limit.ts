import type { Clock } from '../../../core/clock.ts';
import { MULTIPLE_ACCOUNTS_MAX } from '../rpc-reads.ts';

/** How many accounts an endpoint gives in one call: 100 by the protocol, less by some plans. */
export interface AccountsLimit {
  /** How many to ask for now. */
  readonly now: number;
  /** A call for so many was answered. Once a smaller one was after a larger one was refused, that is the limit. */
  answered(count: number): void;
  /**
   * A call for so many was refused for its size; `told` is the limit that the refusal named, if it did. Gives how many to
   * ask for next; 0 when there is no smaller call.
   */
  refused(count: number, told: number | undefined): number;
}

/** A plan is bought for months; one that has grown is noticed within the hour. */
const FIRST_REGROW_MICROS = 60_000_000;
const LAST_REGROW_MICROS = 3_600_000_000;
const NONE = Number.POSITIVE_INFINITY;

/**
 * It shrinks only to what was seen to work, so that an endpoint that refuses everything for a while is not remembered as
 * one that gives little. It regrows by a quarter after a minute; after each try that was refused it waits twice as long.
 */
export function createAccountsLimit(clock: Clock): AccountsLimit {
  let max = MULTIPLE_ACCOUNTS_MAX;
  /** The smallest call that was refused since one as large was answered. */
  let tooMany = NONE;
  let regrowMicros = FIRST_REGROW_MICROS;
  let regrowAt = 0;

  return {
    get now() {
      if (max === MULTIPLE_ACCOUNTS_MAX || clock.monotonicMicros() < regrowAt) return max;
      return Math.min(MULTIPLE_ACCOUNTS_MAX, max + Math.max(1, max >> 2));
    },
    answered(count) {
      if (count >= tooMany) tooMany = NONE;
      if (count > max) {
        max = count;
        regrowMicros = FIRST_REGROW_MICROS;
        regrowAt = clock.monotonicMicros() + regrowMicros;
      } else if (tooMany <= max) {
        max = Math.min(max, count);
        tooMany = NONE;
        regrowAt = clock.monotonicMicros() + regrowMicros;
      }
    },
    refused(count, told) {
      const isTry = count > max;
      if (isTry) {
        // What worked before still does.
        regrowMicros = Math.min(LAST_REGROW_MICROS, regrowMicros * 2);
        regrowAt = clock.monotonicMicros() + regrowMicros;
      } else {
        tooMany = Math.min(tooMany, count);
      }
      if (told !== undefined && told >= 1 && told < count) return told;
      return isTry ? max : count >> 1;
    },
  };
}
