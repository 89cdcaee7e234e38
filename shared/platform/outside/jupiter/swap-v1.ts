import { Configuration, FetchError, SwapApi } from '@jup-ag/api';
import { ArbError } from '../../../core/errors.ts';
import type { AnswerBound } from '../../http/answer-bound.ts';
import type { ApiCaller } from '../gate/api-caller.ts';
import { apiError } from '../gate/api-gate.ts';
import { type JupiterQuoteAsk, readQuote } from './quote-answer.ts';
import { readSwapInstructions } from './swap-answer.ts';
import type { SwapApiEdition } from './swap-api.ts';

/** The edition before: a quote, then the instructions for it, by Jupiter's own SDK over our caller. */
export function createSwapV1(base: string, caller: ApiCaller, bound: AnswerBound): SwapApiEdition {
  const api = new SwapApi(new Configuration({ basePath: `${base}/swap/v1`, fetchApi: caller.fetch(bound) }));

  const askQuote = async (ask: JupiterQuoteAsk, signal: AbortSignal) => {
    const request = {
      inputMint: ask.mintIn,
      outputMint: ask.mintOut,
      // Typed as a number, which loses digits above 2^53; it is only ever written into the query.
      amount: ask.amountIn as unknown as number,
      slippageBps: ask.slippageBps,
      swapMode: 'ExactIn' as const,
    };
    return await unwrapped(api.quoteGet(request, { signal }));
  };

  return {
    quote: async (ask, signal) => readQuote(await askQuote(ask, signal), ask),
    async plan(ask, owner, signal) {
      const quoteResponse = await askQuote(ask, signal);
      const quote = readQuote(quoteResponse, ask);
      const swapRequest = { userPublicKey: owner, quoteResponse, wrapAndUnwrapSol: false };
      const swap = await unwrapped(api.swapInstructionsPost({ swapRequest }, { signal }));
      return { quote, swap: readSwapInstructions(swap) };
    },
  };
}

/** What the caller threw, out of the SDK's wrapping. What is neither came of an answer that the SDK could not read. */
async function unwrapped<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (thrown) {
    const cause = thrown instanceof FetchError ? thrown.cause : thrown;
    if (cause instanceof ArbError) throw cause;
    throw apiError('bad-answer', 'the answer of Jupiter is not what its API describes');
  }
}
