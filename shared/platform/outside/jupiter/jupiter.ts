import type { Address } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import { type Outcome, refusal } from '../../../core/outcome.ts';
import type { AnswerBound } from '../../http/answer-bound.ts';
import type { ApiBudget } from '../../limits/api-budget.ts';
import type { Priority } from '../../limits/priority.ts';
import { createApiCaller } from '../gate/api-caller.ts';
import { type ApiRefusal, type ApiStatus, createApiGate } from '../gate/api-gate.ts';
import type { BreakerTiming } from '../gate/breaker.ts';
import { type JupiterPrice, readPrices } from './price-answer.ts';
import type { JupiterQuote, JupiterQuoteAsk } from './quote-answer.ts';
import type { JupiterPlan } from './swap-api.ts';
import { createSwapV1 } from './swap-v1.ts';
import { createSwapV2 } from './swap-v2.ts';

/** `no-route`: Jupiter is up and knows no way. */
export type JupiterRefusal = ApiRefusal | 'no-route';

/** Editions of Jupiter's swap API: `v2` is `/swap/v2/build`, `v1` the quote and swap-instructions before it. */
export const JUPITER_EDITIONS = ['v2', 'v1'] as const;

export type JupiterEdition = (typeof JUPITER_EDITIONS)[number];

/** Jupiter's HTTP API. Never on the hot line; no method rejects. Answers are checked field by field. */
export interface Jupiter {
  /** `priority`: default `reports`. */
  quote(ask: JupiterQuoteAsk, priority?: Priority): Promise<Outcome<JupiterQuote, JupiterRefusal>>;
  /** For execution. A quote and the instructions of a swap by `owner`, not yet judged. */
  plan(ask: JupiterQuoteAsk, owner: Address): Promise<Outcome<JupiterPlan, JupiterRefusal>>;
  /** As urgent as balances. At most 50 mints. */
  prices(mints: readonly Address[]): Promise<Outcome<ReadonlyMap<Address, JupiterPrice>, JupiterRefusal>>;
  status(): ApiStatus;
}

export interface JupiterOptions {
  /** Where the API stands: `https://api.jup.ag`, the paths of its methods following. */
  readonly url: string;
  /** Default: `v2`. */
  readonly edition?: JupiterEdition;
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
const NO_ROUTE =
  /COULD_NOT_FIND_ANY_ROUTE|NO_ROUTES_FOUND|TOKEN_NOT_TRADABLE|CANNOT_COMPUTE_OTHER_AMOUNT|no routes? found|could not find any route/i;
/** A route of many steps with all its accounts is a hundredth of it. */
const BOUND: AnswerBound = { bytes: 2 * 1_024 * 1_024, values: 100_000, depth: 32 };

export function createJupiter(options: JupiterOptions): Jupiter {
  const { clock, budget, apiKey, requestsPerSecond, edition = 'v2' } = options;
  const base = options.url.replace(/\/+$/, '');
  const caller = createApiCaller({
    url: base,
    headers: apiKey === undefined ? {} : { 'x-api-key': apiKey },
    nowMs: () => clock.nowMs(),
  });
  const api = (edition === 'v2' ? createSwapV2 : createSwapV1)(base, caller, BOUND);
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
    const answer = await gate.call(method, priority, request);
    if (answer.ok || answer.reason !== 'refused' || !NO_ROUTE.test(answer.detail ?? '')) return answer;
    return refusal('no-route', answer.detail);
  }

  return {
    quote: (wanted, priority = 'reports') =>
      ask('quote', priority, async (signal) => await api.quote(wanted, signal)),
    plan: (wanted, owner) =>
      ask('plan', 'execution', async (signal) => await api.plan(wanted, owner, signal)),
    prices: (mints) =>
      ask('price', 'balances', async (signal) => {
        const url = new URL(`${base}/price/v3?ids=${mints.join(',')}`);
        return readPrices(await caller.json({ url, signal, bound: BOUND }), mints);
      }),
    status: gate.status,
  };
}
