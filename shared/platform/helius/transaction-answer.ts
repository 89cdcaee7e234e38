import { z } from 'zod';
import type { Address } from '../../core/address.ts';
import { ADDRESS, COUNT, readAnswer } from '../api/answer.ts';
import { apiError } from '../api/api-gate.ts';

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
const LAMPORTS = z.int().transform(BigInt);

const SCHEMA = z
  .array(
    z.object({
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
    }),
  )
  .max(100);

/** By signature. Throws `api-bad-answer` naming the field, also for a transaction that nobody asked for. */
export function readTransactions(
  answer: unknown,
  asked: readonly string[],
): ReadonlyMap<string, TransactionEffects> {
  const effects = new Map<string, TransactionEffects>();
  for (const one of readAnswer(SCHEMA, answer, 'Helius transactions')) {
    const { signature, slot, fee, feePayer, transactionError, accountData } = one;
    if (!asked.includes(signature)) {
      throw apiError('bad-answer', `Helius transactions: ${signature} was not asked for`);
    }
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
  return effects;
}
