import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { EndpointConfig } from '../config/endpoint-leaf.ts';
import { endpointAddress } from '../endpoint-address.ts';
import type { ApiCosts } from '../limits/api-costs.ts';
import type { ApiLanes } from '../limits/api-limits.ts';
import type { Limiter } from '../limits/limiter.ts';
import type { Priority } from '../limits/priority.ts';
import { type CallBatch, createCallBatch } from './call-batch.ts';
import { createEndpointHealth, type EndpointHealth } from './endpoint-health.ts';
import { createEndpointHttp } from './endpoint-http.ts';

/** One attempt of a call at one endpoint. */
export interface Attempt<T> {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly priority: Priority;
  /** Of the whole attempt, waiting for its turn included. */
  readonly deadlineMicros: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Not in a batch. */
  readonly alone: boolean;
  /** Checks the answer; what it throws is the endpoint's failure. */
  readonly check: (host: string, result: unknown) => T;
  /** Told when the request goes, after any wait. */
  readonly onSent?: () => void;
}

export interface Endpoint {
  readonly name: string;
  readonly provider: string;
  readonly host: string;
  readonly health: EndpointHealth;
  /** Waits for its turn, asks, checks, and keeps health, limits and costs up to date. Throws ArbError `rpc-…`. */
  attempt<T>(attempt: Attempt<T>): Promise<T>;
  /** Until a call of `method` could go; an estimate. */
  expectedWaitMicros(method: string): number;
  readonly requests: number;
  readonly failures: number;
  readonly throttled: number;
  readonly batches: number;
  close(): Promise<void>;
}

export interface EndpointParams {
  readonly config: EndpointConfig & { readonly url: string };
  readonly clock: Clock;
  readonly random: Random;
  readonly limiter: Limiter;
  readonly lanes: ApiLanes;
  readonly costs: ApiCosts;
  readonly connections: number;
  readonly connectTimeoutMs: number;
  readonly batchSize: number;
}

export function createEndpoint(params: EndpointParams): Endpoint {
  const { config, clock, limiter, lanes, costs } = params;
  const { name, provider } = config;
  const http = createEndpointHttp({
    ...endpointAddress(config, config.url),
    connections: params.connections,
    connectTimeoutMs: params.connectTimeoutMs,
    nowMs: () => clock.nowMs(),
  });
  const batch: CallBatch = createCallBatch(http, params.batchSize);
  const health = createEndpointHealth(clock, params.random);
  const counts = { requests: 0, failures: 0, throttled: 0 };

  async function attempt<T>(asked: Attempt<T>): Promise<T> {
    const { method, priority, signal, deadlineMicros } = asked;
    const { lane, weight } = lanes.of(provider, name, method);
    const leftMs = Math.max(0, (deadlineMicros - clock.monotonicMicros()) / 1_000);
    const turn = limiter.enter(lane, { priority, weight, deadlineMs: leftMs, signal });
    if (turn !== undefined) await turn;
    const sentMicros = clock.monotonicMicros();
    const timeoutMs = Math.min(asked.timeoutMs, Math.max(1, (deadlineMicros - sentMicros) / 1_000));
    health.sent();
    counts.requests++;
    asked.onSent?.();
    let throttled = false;
    let unsent = false;
    try {
      const result = await batch.call(method, asked.params, timeoutMs, signal, asked.alone);
      const latencyMs = (clock.monotonicMicros() - sentMicros) / 1_000;
      const checked = asked.check(http.host, result);
      health.answered(latencyMs);
      lane.accepted();
      return checked;
    } catch (thrown) {
      if (signal.aborted) {
        health.withdrawn();
        throw thrown;
      }
      throttled = isThrottled(thrown);
      if (throttled) {
        counts.throttled++;
        health.withdrawn();
        const after = (thrown as ArbError).context.retryAfterMs;
        lane.throttled(sentMicros, typeof after === 'number' ? after : undefined);
      } else if (isAnswer(thrown)) {
        health.answered((clock.monotonicMicros() - sentMicros) / 1_000);
        lane.accepted();
      } else {
        counts.failures++;
        unsent = thrown instanceof ArbError && thrown.context.unsent === true;
        health.failed(unsent);
      }
      throw thrown;
    } finally {
      if (!unsent) costs.record(provider, method, throttled);
      lane.settled(weight, sentMicros);
    }
  }

  return {
    name,
    provider,
    host: http.host,
    health,
    attempt,
    expectedWaitMicros(method) {
      const { lane, weight } = lanes.of(provider, name, method);
      return lane.expectedWaitMicros(weight);
    },
    get requests() {
      return counts.requests;
    },
    get failures() {
      return counts.failures;
    },
    get throttled() {
      return counts.throttled;
    },
    get batches() {
      return batch.batches;
    },
    close: () => http.close(),
  };
}

/** "Too many requests": of HTTP, or of the provider in JSON-RPC. */
export function isThrottled(thrown: unknown): boolean {
  if (!(thrown instanceof ArbError)) return false;
  const { status, code } = thrown.context;
  return status === 429 || code === 429 || code === -32429;
}

/** A JSON-RPC error that an endpoint in good health gives. */
function isAnswer(thrown: unknown): boolean {
  if (!(thrown instanceof ArbError) || thrown.code !== 'rpc-error') return false;
  const { status, code } = thrown.context;
  // -32005 is "node is behind or unhealthy", -32603 an internal fault.
  return Number(status) < 500 && code !== -32005 && code !== -32603;
}
