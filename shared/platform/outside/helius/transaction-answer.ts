import { z } from 'zod';
import type { Address } from '../../../core/address.ts';
import { ArbError } from '../../../core/errors.ts';
import { ADDRESS, COUNT, readAnswer } from '../gate/answer.ts';
import { apiError } from '../gate/api-gate.ts';

/** What an owner gained or lost of a mint; base units. */
export interface TokenDelta {
  readonly owner: Address;
  readonly mint: Address;
  readonly delta: bigint;
  readonly decimals: number;
}

/** What a transaction really did. */
export interface TransactionEffects {
  readonly signature: string;
  readonly slot: number;
  /** Base and priority fee, lamports. */
  readonly feeLamports: bigint;
  readonly feePayer: Address;
  /** The chain's error as JSON; undefined when it succeeded. */
  readonly error: string | undefined;
  /** One an owner and mint, those that moved, however many accounts they stand in. */
  readonly tokenDeltas: readonly TokenDelta[];
  /** Lamports by account, those that moved. */
  readonly lamportDeltas: ReadonlyMap<Address, bigint>;
}

const SIGNED_TEXT = z
  .string()
  .regex(/^-?\d{1,39}$/, 'must be a decimal string')
  .transform(BigInt);
/** Beyond 2^53 the digits come as text. */
const LAMPORTS = z.union([z.int(), z.string().regex(/^-?\d{16,20}$/)]).transform(BigInt);

const TRANSACTION = z.object({
  signature: z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{64,88}$/, 'must be a signature'),
  slot: COUNT,
  fee: z.int().min(0).transform(BigInt),
  feePayer: ADDRESS,
  transactionError: z.unknown(),
  accountData: z
    .array(
      z.object({
        account: ADDRESS,
        nativeBalanceChange: LAMPORTS,
        tokenBalanceChanges: z
          .array(
            z.object({
              userAccount: ADDRESS,
              mint: ADDRESS,
              rawTokenAmount: z.object({ tokenAmount: SIGNED_TEXT, decimals: COUNT.max(255) }),
            }),
          )
          .nullish(),
      }),
    )
    .max(512),
});
const SCHEMA = z.array(z.unknown()).max(100);

/**
 * By signature. One that cannot be read, or that nobody asked for, is left out and takes no other with it; where none can
 * be read, throws `api-bad-answer` naming the field.
 */
export function readTransactions(
  answer: unknown,
  asked: readonly string[],
): ReadonlyMap<string, TransactionEffects> {
  const effects = new Map<string, TransactionEffects>();
  let problem: unknown;
  for (const told of readAnswer(SCHEMA, answer, 'Helius transactions')) {
    const one = readOne(told, asked);
    if (!one.ok) {
      problem ??= one.error;
      continue;
    }
    const { signature, slot, fee, feePayer, transactionError, accountData } = one.value;
    const deltas = new Map<string, TokenDelta>();
    const lamportDeltas = new Map<Address, bigint>();
    for (const { account, nativeBalanceChange, tokenBalanceChanges } of accountData) {
      if (nativeBalanceChange !== 0n) lamportDeltas.set(account, nativeBalanceChange);
      for (const { userAccount: owner, mint, rawTokenAmount } of tokenBalanceChanges ?? []) {
        const key = `${owner} ${mint}`;
        const delta = (deltas.get(key)?.delta ?? 0n) + rawTokenAmount.tokenAmount;
        deltas.set(key, { owner, mint, delta, decimals: rawTokenAmount.decimals });
      }
    }
    effects.set(signature, {
      signature,
      slot,
      feeLamports: fee,
      feePayer,
      error: transactionError == null ? undefined : JSON.stringify(transactionError).slice(0, 500),
      tokenDeltas: [...deltas.values()].filter(({ delta }) => delta !== 0n),
      lamportDeltas,
    });
  }
  if (effects.size === 0 && problem !== undefined) throw problem;
  return effects;
}

function readOne(told: unknown, asked: readonly string[]) {
  try {
    const value = readAnswer(TRANSACTION, told, 'Helius transactions');
    if (asked.includes(value.signature)) return { ok: true, value } as const;
    return {
      ok: false,
      error: apiError('bad-answer', 'Helius transactions: one that was not asked for'),
    } as const;
  } catch (error) {
    if (error instanceof ArbError) return { ok: false, error } as const;
    throw error;
  }
}
