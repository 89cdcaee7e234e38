import { Configuration, FetchError, SwapApi } from '@jup-ag/api';
import type { Address } from '../../core/address.ts';
import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import { type Outcome, refusal } from '../../core/outcome.ts';
import { apiFetch } from '../api/api-fetch.ts';
import { type ApiRefusal, type ApiStatus, apiError, createApiGate } from '../api/api-gate.ts';
import type { BreakerTiming } from '../api/breaker.ts';
import type { ApiBudget } from '../limits/api-budget.ts';
import type { Priority } from '../limits/priority.ts';
import { type JupiterPrice, readPrices } from './price-answer.ts';
import { type JupiterQuote, type JupiterQuoteAsk, readQuote } from './quote-answer.ts';
import { type JupiterSwap, readSwapInstructions } from './swap-answer.ts';

/** `no-route`: Jupiter is up and knows no way. */
export type JupiterRefusal = ApiRefusal | 'no-route';

/** Jupiter's HTTP API. Never on the hot line; no method rejects. Answers are checked field by field. */
export interface Jupiter {
  /** `priority`: default `reports`. */
  quote(ask: JupiterQuoteAsk, priority?: Priority): Promise<Outcome<JupiterQuote, JupiterRefusal>>;
  /** For execution. The instructions of a quoted swap by `owner`, out of and into its associated token accounts; wSOL stays wSOL. */
  swapInstructions(quote: JupiterQuote, owner: Address): Promise<Outcome<JupiterSwap, JupiterRefusal>>;
  /** As urgent as balances. At most 50 mints. */
  prices(mints: readonly Address[]): Promise<Outcome<ReadonlyMap<Address, JupiterPrice>, JupiterRefusal>>;
  status(): ApiStatus;
}

export interface JupiterOptions {
  /** Where the API stands: `https://lite-api.jup.ag`, the paths of its methods following. */
  readonly url: string;
  /** A secret, sent as a header. */
  readonly apiKey?: string | undefined;
  readonly clock: Clock;
  readonly budget: ApiBudget;
  /** By which limits and prices are looked up. Default: `jupiter`. */
  readonly provider?: string;
  readonly requestsPerSecond: number;
  readonly timeoutMs?: number;
  /** Longest wait for our own limit. */
  readonly maxWaitMs?: number;
  readonly breaker?: BreakerTiming | undefined;
}

/** The API's own words for "no way from here to there". */
const NO_ROUTE = /COULD_NOT_FIND_ANY_ROUTE|NO_ROUTES_FOUND|TOKEN_NOT_TRADABLE|CANNOT_COMPUTE_OTHER_AMOUNT/;

export function createJupiter(options: JupiterOptions): Jupiter {
  const { clock, budget, apiKey, requestsPerSecond } = options;
  const base = options.url.replace(/\/+$/, '');
  const headers: Record<string, string> = apiKey === undefined ? {} : { 'x-api-key': apiKey };
  const api = new SwapApi(
    new Configuration({
      basePath: `${base}/swap/v1`,
      headers,
      fetchApi: (url: string | URL | Request, init?: RequestInit) => apiFetch(String(url), init ?? {}),
    }),
  );
  const gate = createApiGate({
    clock,
    budget,
    provider: options.provider ?? 'jupiter',
    requestsPerSecond,
    breaker: options.breaker,
    maxWaitMs: options.maxWaitMs ?? 5_000,
    timeoutMs: options.timeoutMs ?? 4_000,
  });

  async function ask<T>(
    method: string,
    priority: Priority,
    request: (signal: AbortSignal) => Promise<T>,
  ): Promise<Outcome<T, JupiterRefusal>> {
    const answer = await gate.call(method, priority, async (signal) => {
      try {
        return await request(signal);
      } catch (thrown) {
        throw cause(thrown);
      }
    });
    if (answer.ok || answer.reason !== 'refused' || !NO_ROUTE.test(answer.detail ?? '')) return answer;
    return refusal('no-route', answer.detail);
  }

  return {
    quote: (wanted, priority = 'reports') =>
      ask('quote', priority, async (signal) => {
        const request = {
          inputMint: wanted.mintIn,
          outputMint: wanted.mintOut,
          // Typed as a number, which loses digits above 2^53; it is only ever written into the query.
          amount: wanted.amountIn as unknown as number,
          slippageBps: wanted.slippageBps,
          swapMode: 'ExactIn' as const,
        };
        return readQuote(await api.quoteGet(request, { signal }), wanted);
      }),
    swapInstructions: (quote, owner) =>
      ask('swapInstructions', 'execution', async (signal) => {
        const swapRequest = {
          userPublicKey: owner,
          quoteResponse: quote.response,
          wrapAndUnwrapSol: false,
        };
        return readSwapInstructions(await api.swapInstructionsPost({ swapRequest }, { signal }));
      }),
    prices: (mints) =>
      ask('price', 'balances', async (signal) => {
        const response = await apiFetch(`${base}/price/v3?ids=${mints.join(',')}`, { headers, signal });
        return readPrices(await response.json(), mints);
      }),
    status: gate.status,
  };
}

/** What `apiFetch` threw, out of the SDK's wrapping. What is neither came of an answer that the SDK could not read. */
function cause(thrown: unknown): unknown {
  if (thrown instanceof FetchError) return thrown.cause;
  if (thrown instanceof ArbError) return thrown;
  return apiError('bad-answer', 'the answer of Jupiter is not what its API describes');
}
