import type { Address } from '../../core/address.ts';
import type { Clock } from '../../core/clock.ts';
import type { MarketEvent } from '../../engine/event.ts';
import type { FeedCounters, StreamLog } from './stream-counters.ts';

export interface FeedPulseOptions {
  readonly clock: Clock;
  readonly counters: FeedCounters;
  readonly log: StreamLog;
  readonly push: (event: MarketEvent) => void;
}

/** Whether there is anything to rely on, what was lost, and how long it takes until all is back. */
export class FeedPulse {
  live = false;
  /** Why it is not live, or why it last was not. */
  reason = '';
  liveSinceMs = 0;
  readonly #options: FeedPulseOptions;
  #lostMicros = -1;

  constructor(options: FeedPulseOptions) {
    this.#options = options;
  }

  /** There is something to rely on. True: there was nothing before. */
  up(reason: string, confirmed: number): boolean {
    this.reason = reason;
    if (this.live) return false;
    this.live = true;
    this.liveSinceMs = this.#options.clock.nowMs();
    this.#tell(confirmed);
    return true;
  }

  /** There is nothing left to rely on. */
  down(reason: string): void {
    this.reason = reason;
    if (!this.live) return;
    this.live = false;
    this.#options.counters.timesDown++;
    this.#tell(0);
  }

  /** These may not be relied on; `confirmed` others may. */
  lost(addresses: readonly Address[], confirmed: number, reason: string): void {
    if (addresses.length === 0) return;
    const { clock, counters, push } = this.#options;
    const atMicros = clock.monotonicMicros();
    counters.losses++;
    counters.lostAccounts += addresses.length;
    if (this.#lostMicros < 0) this.#lostMicros = atMicros;
    if (confirmed === 0 && this.live) this.down(reason);
    else push({ kind: 'lost', atMicros, addresses, reason });
  }

  /** From the first account lost to everything confirmed again. */
  look(unconfirmed: number): void {
    if (this.#lostMicros < 0 || unconfirmed > 0) return;
    const { clock, counters } = this.#options;
    const tookMs = (clock.monotonicMicros() - this.#lostMicros) / 1_000;
    this.#lostMicros = -1;
    counters.recoveries++;
    counters.lastRecoveryMs = tookMs;
    if (tookMs > counters.longestRecoveryMs) counters.longestRecoveryMs = tookMs;
  }

  #tell(confirmed: number): void {
    const { clock, log, push } = this.#options;
    const { live, reason } = this;
    log(live ? 'feed.live' : 'feed.down', { reason, accounts: confirmed });
    push({ kind: 'feed', atMicros: clock.monotonicMicros(), live, reason });
  }
}
