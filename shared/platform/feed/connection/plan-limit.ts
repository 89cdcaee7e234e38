/** Subscriptions that two closures may differ by and still be the same limit. */
const SAME = 3;
/** Accounts of one pool at most. */
const TRIED_TOGETHER = 64;
/** How long until more is tried, first and at most. After a refusal it costs one request. */
const RETRY_REFUSED = { firstMs: 4_000, mostMs: 8_000 };
/** Where the connection is closed it costs all that it carries for a while. */
const RETRY_CLOSED = { firstMs: 60_000, mostMs: 600_000 };

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

  /** Takes over what another connection of the same endpoint has learnt: it need not be met again on each. */
  inherit({ most, said, byClosing }: PlanLimit, nowMs: number): void {
    if (most < this.most) this.#learn(most, said, nowMs, byClosing);
  }

  /** To try more cost a connection. */
  get byClosing(): boolean {
    return this.#byClosing;
  }

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
    const { firstMs, mostMs } = this.#byClosing ? RETRY_CLOSED : RETRY_REFUSED;
    this.#retryAtMs = nowMs + Math.min(mostMs, firstMs * 2 ** Math.min(this.#tries++, 20));
  }
}
