/** Subscriptions that two closures may differ by and still be the same limit. */
const SAME = 3;
/** Accounts of one pool at most. */
const TRIED_TOGETHER = 64;
const RETRY_FIRST_MS = 4_000;
/** Of a limit that is said by a refusal: to try again costs one request. */
const RETRY_MOST_MS = 8_000;
/** Of a limit that is said by closing the connection: to try again costs what it carries. */
const RETRY_CLOSED_MOST_MS = 300_000;

/**
 * How many subscriptions one connection carries by its provider's plan, as far as that has been learnt: from refusals, or
 * from being closed twice at the same number of them. Not for ever: now and then more is tried, and when it is let in
 * the limit is gone.
 */
export class PlanLimit {
  /** Subscriptions in all, the slots and the clock among them; Infinity until a limit was met. */
  most = Number.POSITIVE_INFINITY;
  /** What the provider said of it. */
  said = '';
  #closedAt = -1;
  #byClosing = false;
  #tries = 0;
  #retryAtMs = Number.POSITIVE_INFINITY;
  #trying = false;

  /** One more than `subscribed` was refused for the plan. */
  refused(subscribed: number, said: string, nowMs: number): void {
    // What was tried beyond the limit is refused again: the limit is what it was, though less is carried just now.
    const most = this.#trying ? Math.max(this.most, subscribed) : subscribed;
    this.#learn(most, said, nowMs, false);
  }

  /** The connection was closed by its provider while it was being asked. True: not for the first time at this number. */
  closed(subscribed: number, said: string, nowMs: number): boolean {
    const again = this.#trying || (this.#closedAt >= 0 && Math.abs(this.#closedAt - subscribed) <= SAME);
    const least = this.#closedAt < 0 ? subscribed : Math.min(this.#closedAt, subscribed);
    this.#closedAt = subscribed;
    if (again) this.#learn(this.#trying ? Math.min(this.most, subscribed) : least, said, nowMs, true);
    return again;
  }

  /** A subscription was let in: a limit below that is none. Its answer may come after the refusal of a later one. */
  letIn(subscribed: number): void {
    if (subscribed <= this.most) return;
    if (!this.#trying) {
      this.most = subscribed;
      return;
    }
    this.most = Number.POSITIVE_INFINITY;
    this.said = '';
    this.#trying = false;
    this.#tries = 0;
    this.#closedAt = -1;
    this.#retryAtMs = Number.POSITIVE_INFINITY;
  }

  /** True once for each time that more may be tried. */
  isDue(nowMs: number): boolean {
    if (nowMs < this.#retryAtMs) return false;
    this.#trying = true;
    this.#schedule(nowMs);
    return true;
  }

  /** Room for what belongs together beyond the limit, while more is being tried. */
  get room(): number {
    return this.#trying ? this.most + TRIED_TOGETHER : this.most;
  }

  #learn(subscribed: number, said: string, nowMs: number, byClosing: boolean): void {
    this.most = subscribed;
    this.said = said;
    this.#byClosing = byClosing;
    this.#trying = false;
    if (this.#retryAtMs === Number.POSITIVE_INFINITY || this.#retryAtMs <= nowMs) this.#schedule(nowMs);
  }

  #schedule(nowMs: number): void {
    const most = this.#byClosing ? RETRY_CLOSED_MOST_MS : RETRY_MOST_MS;
    this.#retryAtMs = nowMs + Math.min(most, RETRY_FIRST_MS * 2 ** Math.min(this.#tries++, 20));
  }
}
