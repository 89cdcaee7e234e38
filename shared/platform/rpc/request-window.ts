import type { Random } from '../../core/random.ts';
import { type BackoffPolicy, backoffMs } from '../process/backoff.ts';

const FEW = 16;

/**
 * How many requests may be out at one time at an endpoint that limits their rate: half as many after every refusal and a
 * pause that grows, one more for each that is let in. What was learnt is kept from one connection to the next.
 */
export class RequestWindow {
  /** Pauses in a row in which nothing was let in. */
  refusals = 0;
  readonly #most: number;
  readonly #backoff: BackoffPolicy;
  readonly #random: Random;
  #size: number;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #narrow = false;

  constructor(most: number, backoff: BackoffPolicy, random: Random) {
    this.#most = most;
    this.#size = most;
    this.#backoff = backoff;
    this.#random = random;
  }

  /** True while fewer may be out than would be without refusals. */
  get isNarrow(): boolean {
    return this.#narrow;
  }

  isPaused(nowMs: number): boolean {
    return nowMs < this.#pausedUntilMs;
  }

  mayAsk(out: number, nowMs: number): boolean {
    return out < Math.floor(this.#size) && !this.isPaused(nowMs);
  }

  acknowledged(): void {
    this.refusals = 0;
    if (!this.#narrow) return;
    // One more for each window that was let in whole.
    this.#size = Math.min(this.#most, this.#size + 1 / this.#size);
    if (this.#size >= this.#most) this.#narrow = false;
  }

  /** The connection itself was ended while it was asked: the next begins with few, so that it is seen how far it gets. */
  closed(): void {
    this.#narrow = true;
    this.#size = Math.max(1, Math.min(FEW, this.#size / 2));
  }

  /** One of a burst counts: the rest of it was asked before this was known. */
  refused(nowMs: number): void {
    if (this.isPaused(nowMs)) return;
    this.#narrow = true;
    this.#size = Math.max(1, this.#size / 2);
    this.#pausedUntilMs = nowMs + backoffMs(this.#backoff, this.refusals, this.#random);
    this.refusals++;
  }
}
