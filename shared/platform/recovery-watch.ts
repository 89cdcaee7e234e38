import type { Clock } from '../core/clock.ts';
import type { FeedCounters } from './stream-counters.ts';

/** How long it takes from the first account lost to everything confirmed again. */
export class RecoveryWatch {
  readonly #clock: Clock;
  readonly #counters: FeedCounters;
  #sinceMicros = -1;

  constructor(clock: Clock, counters: FeedCounters) {
    this.#clock = clock;
    this.#counters = counters;
  }

  lost(): void {
    if (this.#sinceMicros < 0) this.#sinceMicros = this.#clock.monotonicMicros();
  }

  look(unconfirmed: number): void {
    if (this.#sinceMicros < 0 || unconfirmed > 0) return;
    const tookMs = (this.#clock.monotonicMicros() - this.#sinceMicros) / 1_000;
    this.#sinceMicros = -1;
    this.#counters.recoveries++;
    this.#counters.lastRecoveryMs = tookMs;
    if (tookMs > this.#counters.longestRecoveryMs) this.#counters.longestRecoveryMs = tookMs;
  }
}
