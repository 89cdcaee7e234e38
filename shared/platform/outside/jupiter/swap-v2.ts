import { type Address, addressAt } from '../../../core/address.ts';
import type { AnswerBound } from '../../http/answer-bound.ts';
import type { ApiCaller } from '../gate/api-caller.ts';
import { type JupiterQuoteAsk, readQuote } from './quote-answer.ts';
import { readSwapInstructions } from './swap-answer.ts';
import type { SwapApiEdition } from './swap-api.ts';

/** The base point of the curve: as good a key as any, and nobody's. For quotes that nobody means to swap by. */
const NOBODY: Address = addressAt(new Uint8Array(32).fill(0x66).with(0, 0x58));

/** The present edition: one call gives the quote and its instructions, for whoever is named as the taker. */
export function createSwapV2(base: string, caller: ApiCaller, bound: AnswerBound): SwapApiEdition {
  const build = async (ask: JupiterQuoteAsk, taker: Address, signal: AbortSignal): Promise<unknown> => {
    const url = new URL(`${base}/swap/v2/build`);
    url.search = new URLSearchParams({
      inputMint: ask.mintIn,
      outputMint: ask.mintOut,
      amount: String(ask.amountIn),
      slippageBps: String(ask.slippageBps),
      taker,
      wrapAndUnwrapSol: 'false',
    }).toString();
    return await caller.json({ url, signal, bound });
  };

  return {
    quote: async (ask, signal) => readQuote(await build(ask, NOBODY, signal), ask),
    async plan(ask, owner, signal) {
      const answer = await build(ask, owner, signal);
      return { quote: readQuote(answer, ask), swap: readSwapInstructions(answer) };
    },
  };
}
