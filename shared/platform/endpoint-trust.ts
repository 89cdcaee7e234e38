import type { Clock } from '../core/clock.ts';
import type { QuarantinedEndpoint } from './stream-contract.ts';
import type { StreamLog } from './stream-counters.ts';

export interface EndpointTrustOptions {
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly quarantineMs: number;
  readonly log: StreamLog;
  readonly onQuarantine: (endpoint: string, reason: string) => void;
  readonly onRelease: (endpoint: string) => void;
}

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
    const timer = setTimeout(() => this.#release(endpoint), quarantineMs);
    timer.unref();
    this.#quarantined.set(endpoint, { endpoint, reason, untilMs: clock.nowMs() + quarantineMs, timer });
    log('stream.endpoint-quarantined', { endpoint, reason });
    onQuarantine(endpoint, reason);
    return true;
  }

  stop(): void {
    for (const { timer } of this.#quarantined.values()) clearTimeout(timer);
  }

  #release(endpoint: string): void {
    this.#quarantined.delete(endpoint);
    this.#options.log('stream.endpoint-released', { endpoint });
    this.#options.onRelease(endpoint);
  }
}
