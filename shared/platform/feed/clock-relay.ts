import { CLOCK_SYSVAR } from '../../core/address.ts';
import type { MarketEvent } from '../../engine/event.ts';
import type { Word } from './trust/account-track.ts';

/** The clock sysvar as one account of the market: every connection tells it, the first of each slot is passed on. */
export class ClockRelay {
  /** Of the clock that was passed on last; -1 before the first. */
  slot = -1;
  /** Somebody wants it. */
  isWatched = false;
  readonly #push: (event: MarketEvent) => void;

  constructor(push: (event: MarketEvent) => void) {
    this.#push = push;
  }

  hear({ slot, account, endpoint, atMicros }: Word): void {
    if (!this.isWatched || slot <= this.slot) return;
    this.slot = slot;
    this.#push({ kind: 'account', atMicros, update: { address: CLOCK_SYSVAR, slot, account }, endpoint });
  }

  /** What was passed on counts no more: the next is passed on whatever its slot. */
  forget(): void {
    this.slot = -1;
  }
}
