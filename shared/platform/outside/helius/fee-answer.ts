import { z } from 'zod';
import { readAnswer } from '../gate/answer.ts';
import { apiError } from '../gate/api-gate.ts';

export type PriorityLevel = 'min' | 'low' | 'medium' | 'high' | 'veryHigh' | 'unsafeMax';

/**
 * Priority fees at each level, micro-lamports a compute unit, rounded up. A level whose fee cannot be is absent, and
 * takes none of the others with it.
 */
export type PriorityFeeLevels = Readonly<Partial<Record<PriorityLevel, bigint>>>;

/** A thousand lamports a unit: a swap would cost over a tenth of a SOL in fees alone. */
const MOST_MICRO_LAMPORTS = 1_000_000_000;
/** The dearest bid of all may be anything. */
const MOST: Readonly<Record<PriorityLevel, number>> = {
  min: MOST_MICRO_LAMPORTS,
  low: MOST_MICRO_LAMPORTS,
  medium: MOST_MICRO_LAMPORTS,
  high: MOST_MICRO_LAMPORTS,
  veryHigh: MOST_MICRO_LAMPORTS,
  unsafeMax: Number.MAX_SAFE_INTEGER,
};
const SCHEMA = z.object({ priorityFeeLevels: z.record(z.string(), z.unknown()) });

/** Throws `api-bad-answer` where no level can be read. */
export function readPriorityFees(answer: unknown): PriorityFeeLevels {
  const { priorityFeeLevels: told } = readAnswer(SCHEMA, answer, 'Helius priority fees');
  const levels: Partial<Record<PriorityLevel, bigint>> = {};
  for (const [level, most] of Object.entries(MOST) as [PriorityLevel, number][]) {
    const fee = told[level];
    if (typeof fee === 'number' && fee >= 0 && fee <= most) levels[level] = BigInt(Math.ceil(fee));
  }
  if (Object.keys(levels).length > 0) return levels;
  throw apiError('bad-answer', 'Helius priority fees: priorityFeeLevels has no fee that can be');
}
