import { z } from 'zod';
import type { Address } from '../../../core/address.ts';
import { BPS } from '../../../core/units.ts';
import type { QuoteAsk } from '../../../routing/sizing/best-quote.ts';
import { ADDRESS, AMOUNT_TEXT, COUNT, readAnswer } from '../gate/answer.ts';
import { apiError } from '../gate/api-gate.ts';

export interface JupiterQuoteAsk extends QuoteAsk {
  readonly slippageBps: number;
}

/** One swap of Jupiter's route. Amounts in base units; `percent` of what the step before paid. */
export interface JupiterStep {
  /** What Jupiter calls the venue. */
  readonly label: string;
  readonly pool: Address;
  readonly mintIn: Address;
  readonly mintOut: Address;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly percent: number;
}

/** What Jupiter would pay for all of `amountIn`. */
export interface JupiterQuote extends JupiterQuoteAsk {
  readonly amountOut: bigint;
  /** Less than this and the swap fails on the chain. */
  readonly minAmountOut: bigint;
  /** The slot it was made in, where Jupiter says it. */
  readonly slot: number | undefined;
  readonly steps: readonly JupiterStep[];
}

const MAX_STEPS = 32;

const SCHEMA = z.object({
  inputMint: ADDRESS,
  outputMint: ADDRESS,
  inAmount: AMOUNT_TEXT,
  outAmount: AMOUNT_TEXT,
  otherAmountThreshold: AMOUNT_TEXT,
  swapMode: z.literal('ExactIn'),
  slippageBps: COUNT,
  contextSlot: COUNT.nullish(),
  routePlan: z
    .array(
      z.object({
        percent: z.number().min(0).max(100).nullish(),
        swapInfo: z.object({
          ammKey: ADDRESS,
          label: z.string().max(100).nullish(),
          inputMint: ADDRESS,
          outputMint: ADDRESS,
          inAmount: AMOUNT_TEXT,
          outAmount: AMOUNT_TEXT,
        }),
      }),
    )
    .min(1)
    .max(MAX_STEPS),
});

/** Checks a quote against what was asked. Throws `api-bad-answer` naming the field. */
export function readQuote(response: unknown, ask: JupiterQuoteAsk): JupiterQuote {
  const answer = readAnswer(SCHEMA, response, 'Jupiter quote');
  const expect = (field: string, isAsked: boolean, asked: unknown): void => {
    if (!isAsked) throw apiError('bad-answer', `Jupiter quote: ${field} is not the ${asked} that was asked`);
  };
  expect('inputMint', answer.inputMint === ask.mintIn, ask.mintIn);
  expect('outputMint', answer.outputMint === ask.mintOut, ask.mintOut);
  expect('inAmount', answer.inAmount === ask.amountIn, ask.amountIn);
  expect('slippageBps', answer.slippageBps === ask.slippageBps, ask.slippageBps);
  const { outAmount, otherAmountThreshold } = answer;
  if (outAmount === 0n) throw apiError('bad-answer', 'Jupiter quote: outAmount is 0');
  const least = (outAmount * (BPS - BigInt(ask.slippageBps))) / BPS;
  if (otherAmountThreshold < least || otherAmountThreshold > outAmount) {
    const problem = `otherAmountThreshold ${otherAmountThreshold} is not between ${least} and ${outAmount}`;
    throw apiError('bad-answer', `Jupiter quote: ${problem}`);
  }
  return {
    mintIn: ask.mintIn,
    mintOut: ask.mintOut,
    amountIn: ask.amountIn,
    slippageBps: ask.slippageBps,
    amountOut: outAmount,
    minAmountOut: otherAmountThreshold,
    slot: answer.contextSlot ?? undefined,
    steps: answer.routePlan.map(({ percent, swapInfo }) => ({
      label: swapInfo.label ?? '',
      pool: swapInfo.ammKey,
      mintIn: swapInfo.inputMint,
      mintOut: swapInfo.outputMint,
      amountIn: swapInfo.inAmount,
      amountOut: swapInfo.outAmount,
      percent: percent ?? 100,
    })),
  };
}
