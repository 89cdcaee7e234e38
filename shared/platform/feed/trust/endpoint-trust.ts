import type { Clock } from '../../../core/clock.ts';
import type { QuarantinedEndpoint } from '../stream-contract.ts';
import type { StreamLog } from '../stream-counters.ts';

export interface EndpointTrustOptions {
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly quarantineMs: number;
  readonly log: StreamLog;
  /** False: nobody has room for what it carries, so that it is needed again soon. */
  readonly onQuarantine: (endpoint: string, reason: string, forMs: number) => boolean;
  readonly onRelease: (endpoint: string) => void;
}

/** An endpoint without which something is not followed at all is left alone for so long at most. */
const NEEDED_MS = 5_000;

/** Which endpoints are left alone because they told what is not so. The last one left is never: it is all there is. */
export class EndpointTrust {
  readonly #options: EndpointTrustOptions;
  readonly #quarantined = new Map<string, QuarantinedEndpoint & { readonly timer: NodeJS.Timeout }>();

  constructor(options: EndpointTrustOptions) {
    this.#options = options;
  }

  get quarantined(): readonly QuarantinedEndpoint[] {
    return [...this.#quarantined.values()].map(({ endpoint, reason, untilMs }) => ({
      endpoint,
      reason,
      untilMs,
    }));
  }

  /** False when there is no other endpoint to fall back on. */
  quarantine(endpoint: string, reason: string): boolean {
    const { names, clock, quarantineMs, log, onQuarantine } = this.#options;
    if (this.#quarantined.has(endpoint)) return true;
    if (!names.some((name) => name !== endpoint && !this.#quarantined.has(name))) return false;
    const hold = (forMs: number): void => {
      clearTimeout(this.#quarantined.get(endpoint)?.timer);
      const timer = setTimeout(() => this.#release(endpoint), forMs);
      timer.unref();
      this.#quarantined.set(endpoint, { endpoint, reason, untilMs: clock.nowMs() + forMs, timer });
    };
    hold(quarantineMs);
    log('stream.endpoint-quarantined', { endpoint, reason });
    if (!onQuarantine(endpoint, reason, quarantineMs)) hold(Math.min(quarantineMs, NEEDED_MS));
    return true;
  }

  /** Of the others nobody can be reached: a liar that may have mended is better than nobody. */
  releaseAll(): void {
    for (const endpoint of [...this.#quarantined.keys()]) this.#release(endpoint);
  }

  stop(): void {
    for (const { timer } of this.#quarantined.values()) clearTimeout(timer);
  }

  #release(endpoint: string): void {
    clearTimeout(this.#quarantined.get(endpoint)?.timer);
    this.#quarantined.delete(endpoint);
    this.#options.log('stream.endpoint-released', { endpoint });
    this.#options.onRelease(endpoint);
  }
}
