import { z } from 'zod';
import { readAnswer } from '../api/answer.ts';

/** Priority fees at each level, micro-lamports a compute unit, rounded up. */
export interface PriorityFeeLevels {
  readonly min: bigint;
  readonly low: bigint;
  readonly medium: bigint;
  readonly high: bigint;
  readonly veryHigh: bigint;
  readonly unsafeMax: bigint;
}

export type PriorityLevel = keyof PriorityFeeLevels;

/** A thousand lamports a unit: a swap would cost over a tenth of a SOL in fees alone. */
const MOST_MICRO_LAMPORTS = 1_000_000_000;
const FEE = z
  .number()
  .min(0)
  .max(MOST_MICRO_LAMPORTS)
  .transform((fee) => BigInt(Math.ceil(fee)));
const SCHEMA = z.object({
  priorityFeeLevels: z.object({
    min: FEE,
    low: FEE,
    medium: FEE,
    high: FEE,
    veryHigh: FEE,
    // The dearest bid of all may be anything.
    unsafeMax: z
      .number()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .transform((fee) => BigInt(Math.ceil(fee))),
  }),
});

/** Throws `api-bad-answer` naming the field. */
export function readPriorityFees(answer: unknown): PriorityFeeLevels {
  return readAnswer(SCHEMA, answer, 'Helius priority fees').priorityFeeLevels;
}
