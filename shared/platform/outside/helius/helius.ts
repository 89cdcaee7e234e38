import { AsyncLocalStorage } from 'node:async_hooks';
import { createHelius as createSdk } from 'helius-sdk';
import type { Address } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import { ArbError } from '../../../core/errors.ts';
import type { Outcome } from '../../../core/outcome.ts';
import { type AnswerBound, boundOf } from '../../http/answer-bound.ts';
import type { ApiBudget } from '../../limits/api-budget.ts';
import { createApiCaller } from '../gate/api-caller.ts';
import { type ApiRefusal, type ApiStatus, apiError, createApiGate } from '../gate/api-gate.ts';
import type { BreakerTiming } from '../gate/breaker.ts';
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

type Transport = <T>(request: { readonly payload: unknown }) => Promise<T>;

const RPC_URL = 'https://mainnet.helius-rpc.com/';
const REST_URL = 'https://api-mainnet.helius-rpc.com';
const FEE_CACHE_MS = 1_600;
const MAX_CACHED = 64;
/** A hundred parsed transactions of the largest kind. */
const TRANSACTIONS_BOUND: AnswerBound = { bytes: 16 * 1_024 * 1_024, values: 1_000_000, depth: 64 };

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
  const withKey = (text: string): URL => {
    const url = new URL(text);
    url.searchParams.set('api-key', apiKey);
    return url;
  };
  const caller = createApiCaller({
    url: withKey(rpcUrl).href,
    secrets: [apiKey],
    nowMs: () => clock.nowMs(),
  });
  // The SDK's methods pass no signal on to its transport.
  const signals = new AsyncLocalStorage<AbortSignal>();
  // Its own transport follows redirects and takes answers of any size; ours is the caller of everything else.
  const transport: Transport = async <T>({ payload }: { readonly payload: unknown }) => {
    const signal = signals.getStore();
    if (signal === undefined) throw apiError('unreachable', 'asked outside of the gate', { unsent: true });
    const bound = boundOf('getPriorityFeeEstimate');
    return (await caller.json({ body: JSON.stringify(payload), signal, bound })) as T;
  };
  const sdk = createSdk({ apiKey, baseUrl: rpcUrl, transport: () => transport });
  const cache = new Map<string, { readonly levels: PriorityFeeLevels; readonly atMicros: number }>();

  const fetchFees = async (accounts: readonly Address[], own: AbortSignal): Promise<PriorityFeeLevels> => {
    try {
      const options = { includeAllPriorityFeeLevels: true };
      const request = accounts.length === 0 ? { options } : { accountKeys: [...accounts], options };
      return readPriorityFees(await signals.run(own, () => sdk.getPriorityFeeEstimate(request)));
    } catch (thrown) {
      throw meaning(thrown, caller.host);
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
        const url = withKey(`${restUrl}/v0/transactions`);
        const body = JSON.stringify({ transactions: signatures });
        return readTransactions(
          await caller.json({ url, body, signal: own, bound: TRANSACTIONS_BOUND }),
          signatures,
        );
      }),
    status: gate.status,
  };
}

/** What the SDK threw, in the gate's words. What it has found wrong with an answer is not repeated: it may quote it. */
function meaning(thrown: unknown, host: string): unknown {
  if (thrown instanceof ArbError) return thrown;
  return apiError('bad-answer', `the answer of ${host} is not what its API describes`);
}
