import { z } from 'zod';
import { type Address, isAddress } from '../../../core/address.ts';
import { U64_MAX } from '../../../core/units.ts';
import { apiError } from './api-gate.ts';

/** The parts that answers of outside APIs are made of, checked. */
export const ADDRESS = z
  .string()
  .refine(isAddress, 'must be base58 of 32 bytes')
  .transform((text) => text as Address);

/** A u64 as a decimal string. */
export const AMOUNT_TEXT = z
  .string()
  .regex(/^\d{1,20}$/, 'must be a decimal string')
  .transform(BigInt)
  .refine((amount) => amount <= U64_MAX, 'must fit 64 bits');

export const COUNT = z.int().min(0);

/** The answer as `schema` reads it. Throws `api-bad-answer` naming the API, the method and the field. */
export function readAnswer<T>(schema: z.ZodType<T>, answer: unknown, what: string): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue === undefined || issue.path.length === 0 ? 'the whole' : issue.path.join('.');
  throw apiError('bad-answer', `${what}: ${field} ${issue?.message ?? 'is no good'}`);
}
