import type { AccountBytes } from '../../../core/account.ts';
import type { SubscriptionId } from '../wire/subscription-id.ts';

export interface EarlyFrame {
  readonly subscription: SubscriptionId;
  readonly atMicros: number;
  readonly slot: number;
  readonly account: AccountBytes | null;
}

const FRAMES_MAX = 1_024;
const NONE: readonly EarlyFrame[] = [];

/** Notifications that overtook the acknowledgement of their subscription, until that is here. */
export class EarlyFrames {
  #held: EarlyFrame[] = [];

  /** False when too many wait. */
  hold(frame: EarlyFrame): boolean {
    if (this.#held.length >= FRAMES_MAX) return false;
    this.#held.push(frame);
    return true;
  }

  /** Those of a subscription, in their order; they are held no longer. */
  take(subscription: SubscriptionId): readonly EarlyFrame[] {
    if (this.#held.length === 0) return NONE;
    const mine = this.#held.filter((frame) => frame.subscription === subscription);
    if (mine.length > 0) this.#held = this.#held.filter((frame) => frame.subscription !== subscription);
    return mine;
  }

  /** How many nobody asked for. */
  clear(): number {
    const { length } = this.#held;
    if (length > 0) this.#held = [];
    return length;
  }
}
