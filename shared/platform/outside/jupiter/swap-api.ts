import type { Address } from '../../../core/address.ts';
import type { JupiterQuote, JupiterQuoteAsk } from './quote-answer.ts';
import type { JupiterSwap } from './swap-answer.ts';

/** What a swap would pay, and the instructions that do it. */
export interface JupiterPlan {
  readonly quote: JupiterQuote;
  readonly swap: JupiterSwap;
}

/** One edition of Jupiter's swap API. Both throw `api-…`. */
export interface SwapApiEdition {
  quote(ask: JupiterQuoteAsk, signal: AbortSignal): Promise<JupiterQuote>;
  /** A swap by `owner`, out of and into its associated token accounts; wSOL stays wSOL. */
  plan(ask: JupiterQuoteAsk, owner: Address, signal: AbortSignal): Promise<JupiterPlan>;
}
