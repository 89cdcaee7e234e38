import type { Outcome } from '../../../shared/core/outcome.ts';
import type { Market } from '../../../shared/market/market.ts';
import type { Jupiter, JupiterRefusal } from '../../../shared/platform/outside/jupiter/jupiter.ts';
import type { JupiterQuote } from '../../../shared/platform/outside/jupiter/quote-answer.ts';
import {
  type BestQuote,
  type BestQuoteRefusal,
  bestQuote,
  deviationBps,
  type QuoteAsk,
} from '../../../shared/routing/sizing/best-quote.ts';

/** Our best quote and Jupiter's for the same amount, taken as close together as an HTTP answer allows. */
export interface ComparedQuotes {
  readonly ask: QuoteAsk;
  /** Slot of our state. */
  readonly slot: number;
  readonly own: Outcome<BestQuote, BestQuoteRefusal>;
  readonly jupiter: Outcome<JupiterQuote, JupiterRefusal>;
  /** How much more we would get than Jupiter; undefined where one of the two gave no quote. */
  readonly deviationBps: number | undefined;
}

/** Only sent to Jupiter because it must be; a quote's amount out does not depend on it. */
const SLIPPAGE_BPS = 50;

/** Asks Jupiter first and quotes the moment the answer is here, so that the two states are as near as can be. */
export async function compareQuotes(
  market: Market,
  jupiter: Jupiter,
  ask: QuoteAsk,
): Promise<ComparedQuotes> {
  const theirs = await jupiter.quote({ ...ask, slippageBps: SLIPPAGE_BPS });
  const own = bestQuote(market, ask);
  const deviation =
    own.ok && theirs.ok ? deviationBps(own.value.amountOut, theirs.value.amountOut) : undefined;
  return { ask, slot: market.slot, own, jupiter: theirs, deviationBps: deviation };
}
