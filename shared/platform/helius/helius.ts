import { AsyncLocalStorage } from 'node:async_hooks';
import { createHelius as createSdk } from 'helius-sdk';
import type { Address } from '../../core/address.ts';
import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import type { Outcome } from '../../core/outcome.ts';
import { apiFetch, checkStatus, hostOf, unreachable } from '../api/api-fetch.ts';
import { type ApiRefusal, type ApiStatus, apiError, createApiGate } from '../api/api-gate.ts';
import type { BreakerTiming } from '../api/breaker.ts';
import type { ApiBudget } from '../limits/api-budget.ts';
import { type PriorityFeeLevels, readPriorityFees } from './fee-answer.ts';
import { readTransactions, type TransactionEffects } from './transaction-answer.ts';

/** Helius's own methods, beside those of any RPC. Never on the hot line; no method rejects. */
export interface Helius {
  /** Fees that transactions writing these accounts have paid lately; those of the whole chain when none are named. */
  priorityFees(accounts: readonly Address[]): Promise<Outcome<PriorityFeeLevels, ApiRefusal>>;
  /** What the transactions of these signatures did, by signature; those that it does not know are absent. At most 100. */
  transactions(
    signatures: readonly string[],
  ): Promise<Outcome<ReadonlyMap<string, TransactionEffects>, ApiRefusal>>;
  status(): ApiStatus;
}

export interface HeliusOptions {
  /** A secret, sent in the query. */
  readonly apiKey: string;
  /** Instead of Helius's own addresses: everything is asked there. */
  readonly url?: string | undefined;
  readonly clock: Clock;
  /** Holds these methods' own limit below that of Helius as a whole. */
  readonly budget: ApiBudget;
  /** By which limits and prices are looked up. Default: `helius`. */
  readonly provider?: string;
  readonly requestsPerSecond: number;
  readonly timeoutMs?: number;
  /** How long an answer about the same accounts is given again, about four slots by default. */
  readonly feeCacheMs?: number;
  readonly breaker?: BreakerTiming | undefined;
}

type Transport = <T>(request: { readonly payload: unknown; readonly signal?: AbortSignal }) => Promise<T>;

const RPC_URL = 'https://mainnet.helius-rpc.com/';
const REST_URL = 'https://api-mainnet.helius-rpc.com';
const FEE_CACHE_MS = 1_600;
const MAX_CACHED = 64;

export function createHelius(options: HeliusOptions): Helius {
  const { apiKey, clock, budget, requestsPerSecond, feeCacheMs = FEE_CACHE_MS } = options;
  const rpcUrl = options.url ?? RPC_URL;
  const restUrl = (options.url ?? REST_URL).replace(/\/+$/, '');
  const gate = createApiGate({
    clock,
    budget,
    provider: options.provider ?? 'helius',
    requestsPerSecond,
    breaker: options.breaker,
    maxWaitMs: 2_000,
    timeoutMs: options.timeoutMs ?? 3_000,
  });
  // The SDK's transport takes a signal, but its methods pass none on.
  const signals = new AsyncLocalStorage<AbortSignal>();
  const sdk = createSdk({
    apiKey,
    baseUrl: rpcUrl,
    transport:
      (send: Transport): Transport =>
      (request) => {
        const signal = signals.getStore();
        return send(signal === undefined ? request : { ...request, signal });
      },
  });
  const cache = new Map<string, { readonly levels: PriorityFeeLevels; readonly atMicros: number }>();

  const fetchFees = async (accounts: readonly Address[], own: AbortSignal): Promise<PriorityFeeLevels> => {
    try {
      const options = { includeAllPriorityFeeLevels: true };
      const request = accounts.length === 0 ? { options } : { accountKeys: [...accounts], options };
      return readPriorityFees(await signals.run(own, () => sdk.getPriorityFeeEstimate(request)));
    } catch (thrown) {
      throw meaning(thrown, hostOf(rpcUrl));
    }
  };

  return {
    async priorityFees(accounts) {
      const key = [...accounts].sort().join();
      const known = cache.get(key);
      const now = clock.monotonicMicros();
      if (known !== undefined && now - known.atMicros < feeCacheMs * 1_000) {
        return { ok: true, value: known.levels };
      }
      const answer = await gate.call('getPriorityFeeEstimate', 'confirmation', (own) =>
        fetchFees(accounts, own),
      );
      if (!answer.ok) return answer;
      cache.delete(key);
      cache.set(key, { levels: answer.value, atMicros: clock.monotonicMicros() });
      for (const oldest of cache.keys()) {
        if (cache.size <= MAX_CACHED) break;
        cache.delete(oldest);
      }
      return answer;
    },
    // The SDK's client of this method knows no address but Helius's own, so the request is made here.
    transactions: (signatures) =>
      gate.call('enhancedTransactions', 'reports', async (own) => {
        const url = new URL(`${restUrl}/v0/transactions`);
        url.searchParams.set('api-key', apiKey);
        const response = await apiFetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ transactions: signatures }),
          signal: own,
        });
        return readTransactions(await response.json(), signatures);
      }),
    status: gate.status,
  };
}

/** The SDK's word for an HTTP status that is no success. */
function httpError(thrown: unknown): { statusCode: number; headers?: Headers } | undefined {
  if (!(thrown instanceof Error) || !('context' in thrown)) return undefined;
  const context = thrown.context as { readonly statusCode?: unknown; readonly headers?: unknown } | null;
  if (typeof context?.statusCode !== 'number') return undefined;
  const { statusCode, headers } = context;
  return headers instanceof Headers ? { statusCode, headers } : { statusCode };
}

/** What the SDK threw, in the gate's words and without the URL, which holds the key. */
function meaning(thrown: unknown, host: string): unknown {
  if (thrown instanceof ArbError) return thrown;
  const http = httpError(thrown);
  if (http !== undefined) {
    try {
      checkStatus(host, http.statusCode, http.headers?.get('retry-after') ?? null, '');
    } catch (checked) {
      return checked;
    }
  }
  if (thrown instanceof SyntaxError) return apiError('bad-answer', `the answer of ${host} is no JSON`);
  if (thrown instanceof Error && thrown.message.startsWith('RPC error')) {
    return apiError('refused', `${host} refused the request`, { answer: thrown.message.slice(0, 200) });
  }
  return unreachable(host, thrown);
}
