import type { Clock } from '../../../core/clock.ts';
import { ArbError } from '../../../core/errors.ts';
import type { Random } from '../../../core/random.ts';
import type { EndpointConfig } from '../../config/endpoint-leaf.ts';
import type { RefusalKind } from '../../http/refusal.ts';
import type { ApiCosts } from '../../limits/api-costs.ts';
import type { ApiLanes } from '../../limits/api-limits.ts';
import type { Limiter } from '../../limits/limiter.ts';
import type { Priority } from '../../limits/priority.ts';
import type { BackoffPolicy } from '../../process/backoff.ts';
import { AccountPayloadDecoder } from '../account-payload.ts';
import type { AnswerReader } from '../rpc-answer.ts';
import type { ReadOptions, RpcClient } from '../rpc-client.ts';
import { createRpcReads } from '../rpc-reads.ts';
import { createAccountMerge } from './account-merge.ts';
import type { CallKind } from './call-fault.ts';
import { createEndpoint, type Endpoint } from './endpoint.ts';
import { createEndpointCalls, type PoolCall } from './endpoint-calls.ts';
import { createEndpointProbes } from './endpoint-probes.ts';
import { createSharedCalls } from './shared-calls.ts';
import { createSlotBook } from './slot-book.ts';

export interface RpcPoolSettings {
  /** One attempt, from request to last byte. */
  readonly timeoutMs: number;
  /** A whole call whose options name no deadline. */
  readonly deadlineMs: number;
  /** Connections to each endpoint. */
  readonly connections: number;
  /** Small calls in one HTTP request; 1: none together. */
  readonly batchSize: number;
}

export interface RpcPoolParams {
  /** Those with a `url` are used. At least one must have it. */
  readonly endpoints: readonly EndpointConfig[];
  readonly clock: Clock;
  readonly random: Random;
  readonly limiter: Limiter;
  readonly lanes: ApiLanes;
  readonly costs: ApiCosts;
  readonly settings: RpcPoolSettings;
  readonly backoff?: BackoffPolicy;
  readonly slotBackoff?: BackoffPolicy;
  /** How long a slot lasts now, microseconds; what is assumed of chains when absent. */
  readonly slotMicros?: () => number;
}

export interface EndpointStatus {
  readonly name: string;
  readonly provider: string;
  readonly host: string;
  readonly up: boolean;
  /** What a call costs by all below, in milliseconds: smaller is better. */
  readonly score: number;
  readonly latencyMs: number;
  readonly errorRate: number;
  readonly slotLag: number;
  readonly inFlight: number;
  readonly requests: number;
  /** Good answers. */
  readonly answered: number;
  readonly failures: number;
  /** Answers "too many requests". */
  readonly throttled: number;
  /** Why it does not answer, in its provider's words and without our secrets; '' when it does. */
  readonly problem: string;
  /** How often it refused, by what that was about. */
  readonly refusals: ReadonlyMap<RefusalKind, number>;
  /** Most accounts that it gives in one call. */
  readonly accountsMax: number;
}

export interface RpcPoolStatus {
  readonly endpoints: readonly EndpointStatus[];
  readonly retries: number;
  readonly hedges: number;
  /** Hedges whose second answer came first. */
  readonly hedgesWon: number;
  /** Requests given up because the other of a pair had answered. */
  readonly hedgesAborted: number;
  /** Calls that shared the answer of another. */
  readonly joined: number;
  /** Requests spared by fetching accounts together. */
  readonly merged: number;
  /** HTTP requests with more than one call. */
  readonly batches: number;
}

export interface PoolCallOptions extends ReadOptions {
  readonly kind: CallKind;
  /** One attempt at one endpoint: what is thrown then is all that happened. */
  readonly once?: boolean;
}

/** Several endpoints as one node. */
export interface RpcPool extends RpcClient {
  /**
   * Any JSON-RPC method. A `write` is never in a batch, never hedged, never shared, and not repeated unless it surely
   * was not done: its endpoint could not be connected to, or refused it for the rate.
   */
  call<T>(
    method: string,
    params: readonly unknown[],
    options: PoolCallOptions,
    check: (reader: AnswerReader, result: unknown) => T,
  ): Promise<T>;
  status(): RpcPoolStatus;
  close(): Promise<void>;
}

const DEFAULT_PRIORITY: Priority = 'balances';

/** Throws `rpc-no-endpoint` or `rpc-url-invalid`; connects only when first asked. */
export function createRpcPool(params: RpcPoolParams): RpcPool {
  const { clock, random, settings } = params;
  const endpoints = createEndpoints(params);
  const host = endpoints.map((endpoint) => endpoint.host).join(', ');
  const slots = createSlotBook(clock, params.slotMicros);
  const calls = createEndpointCalls({ ...params, endpoints, slots, timeoutMs: settings.timeoutMs });
  const probes = createEndpointProbes({ endpoints, slots, clock, timeoutMs: settings.timeoutMs });
  const shared = createSharedCalls();
  const payloads = new AccountPayloadDecoder();
  const stats = { calls: 0, failures: 0, lastMicros: 0 };

  async function call<T>(
    method: string,
    callParams: readonly unknown[],
    options: PoolCallOptions,
    check: (reader: AnswerReader, result: unknown) => T,
  ): Promise<T> {
    const {
      priority = DEFAULT_PRIORITY,
      urgent = false,
      deadlineMs = settings.deadlineMs,
      kind,
      only,
    } = options;
    const startedMicros = clock.monotonicMicros();
    stats.calls++;
    probes.start();
    const start = (signal: AbortSignal): Promise<T> => {
      const pooled: PoolCall<T> = {
        method,
        params: callParams,
        kind,
        priority,
        urgent,
        only,
        once: options.once ?? false,
        commitment: options.commitment ?? 'processed',
        minContextSlot: options.minContextSlot,
        deadlineMs,
        signal,
        check: (answering, result) => check({ method, host: answering, payloads }, result),
        slotOf: (value) => slotOf(method, value),
      };
      return calls.run(pooled);
    };
    // A write has a key of its own, so that nothing shares it.
    const key =
      kind === 'read' ? `${only ?? ''} ${method} ${JSON.stringify(callParams)}` : `write ${stats.calls}`;
    const share = {
      key,
      priority,
      urgent,
      deadlineMicros: startedMicros + deadlineMs * 1_000,
      deadlineMs,
      signal: options.signal,
      method,
      host,
    };
    try {
      const value = await shared.join(share, start);
      stats.lastMicros = clock.monotonicMicros() - startedMicros;
      return value;
    } catch (thrown) {
      stats.failures++;
      throw thrown;
    }
  }

  const reads = createRpcReads({
    host,
    call: (method, callParams, options, check) =>
      call(method, callParams, { ...options, kind: 'read' }, check),
    stats: () => ({ ...stats, retries: calls.counts.retries }),
  });
  const merge = createAccountMerge({
    clock,
    host,
    deadlineMs: settings.deadlineMs,
    fetch: reads.getMultipleAccounts,
  });

  return {
    ...reads,
    endpoints: endpoints.map(({ name }) => name),
    getMultipleAccounts: (addresses, options = {}) => merge.getMultipleAccounts(addresses, options),
    call,
    status: () => ({
      endpoints: endpoints.map(statusOf),
      ...calls.counts,
      joined: shared.joined,
      merged: merge.merged,
      batches: endpoints.reduce((sum, { batches }) => sum + batches, 0),
    }),
    async close() {
      probes.stop();
      await Promise.all(endpoints.map((endpoint) => endpoint.close()));
    },
  };

  function createEndpoints({ limiter, lanes, costs }: RpcPoolParams): Endpoint[] {
    const created = params.endpoints.flatMap((config) => {
      const { url } = config;
      if (url === undefined) return [];
      const endpoint = createEndpoint({
        config: { ...config, url },
        clock,
        random: random.fork(config.name),
        limiter,
        lanes,
        costs,
        connections: settings.connections,
        connectTimeoutMs: settings.timeoutMs,
        batchSize: settings.batchSize,
      });
      return [endpoint];
    });
    if (created.length > 0) return created;
    throw new ArbError('rpc-no-endpoint', 'no endpoint has a url to ask: give rpc.url or rpc.endpoints');
  }
}

function statusOf(endpoint: Endpoint): EndpointStatus {
  const { name, provider, host, health, requests, failures, throttled } = endpoint;
  const { up, latencyMs, errorRate, slotLag, inFlight } = health;
  const score = health.cost();
  return {
    name,
    provider,
    host,
    up,
    score,
    latencyMs,
    errorRate,
    slotLag,
    inFlight,
    requests,
    answered: endpoint.answered,
    failures,
    throttled,
    problem: endpoint.problem,
    refusals: endpoint.refusals,
    accountsMax: endpoint.accountsMax,
  };
}

/** Methods whose answer says as of which slot the node gave it; the slot of a transaction is its own. */
const WITH_CONTEXT: ReadonlySet<string> = new Set([
  'getMultipleAccounts',
  'getAccountInfo',
  'getProgramAccounts',
  'getBalance',
  'getLatestBlockhash',
]);

/** As of which slot a checked answer is. */
function slotOf(method: string, value: unknown): number | undefined {
  if (method === 'getSlot') return typeof value === 'number' ? value : undefined;
  if (!WITH_CONTEXT.has(method) || typeof value !== 'object' || value === null) return undefined;
  return 'slot' in value && typeof value.slot === 'number' ? value.slot : undefined;
}
