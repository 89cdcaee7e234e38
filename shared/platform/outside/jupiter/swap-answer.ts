import { z } from 'zod';
import type { Address } from '../../../core/address.ts';
import { ASSUMED_CHAIN } from '../../../core/chain-parameters.ts';
import type { Instruction } from '../../../core/instruction.ts';
import { ADDRESS, readAnswer } from '../gate/answer.ts';

/** The instructions of a swap in the order that they run in, not yet judged. */
export interface JupiterSwap {
  readonly computeBudget: readonly Instruction[];
  readonly setup: readonly Instruction[];
  readonly swap: Instruction;
  readonly cleanup: readonly Instruction[];
  /** Anything else that the API wants in the transaction. */
  readonly others: readonly Instruction[];
  readonly lookupTables: readonly Address[];
}

/** More than fits a transaction. */
const MAX_ACCOUNTS = 256;
const MAX_DATA_BYTES = ASSUMED_CHAIN.transactionBytes;
const MAX_INSTRUCTIONS = 16;

const BASE64 = z
  .base64()
  .transform((text) => Uint8Array.from(Buffer.from(text, 'base64')))
  .refine((bytes) => bytes.length <= MAX_DATA_BYTES, `must be at most ${MAX_DATA_BYTES} bytes`);

const INSTRUCTION = z
  .object({
    programId: ADDRESS,
    accounts: z
      .array(z.object({ pubkey: ADDRESS, isSigner: z.boolean(), isWritable: z.boolean() }))
      .max(MAX_ACCOUNTS),
    data: BASE64,
  })
  .transform(({ programId, accounts, data }): Instruction => {
    const named = accounts.map(({ pubkey, ...flags }) => ({ address: pubkey, ...flags }));
    return { programId, accounts: named, data };
  });
const INSTRUCTIONS = z.array(INSTRUCTION).max(MAX_INSTRUCTIONS);

const SCHEMA = z.object({
  computeBudgetInstructions: INSTRUCTIONS,
  setupInstructions: INSTRUCTIONS,
  swapInstruction: INSTRUCTION,
  cleanupInstruction: INSTRUCTION.nullish(),
  otherInstructions: INSTRUCTIONS.nullish(),
  tipInstruction: INSTRUCTION.nullish(),
  /** Of the edition before. */
  addressLookupTableAddresses: z.array(ADDRESS).max(MAX_INSTRUCTIONS).nullish(),
  /** What each table holds; only which tables it is counts here, for they are read from the chain. */
  addressesByLookupTableAddress: z
    .record(ADDRESS, z.unknown())
    .refine((tables) => Object.keys(tables).length <= MAX_INSTRUCTIONS, 'must be few')
    .nullish(),
});

/** Throws `api-bad-answer` naming the field. */
export function readSwapInstructions(response: unknown): JupiterSwap {
  const answer = readAnswer(SCHEMA, response, 'Jupiter swap instructions');
  return {
    computeBudget: answer.computeBudgetInstructions,
    setup: answer.setupInstructions,
    swap: answer.swapInstruction,
    cleanup: answer.cleanupInstruction == null ? [] : [answer.cleanupInstruction],
    others: [
      ...(answer.otherInstructions ?? []),
      ...(answer.tipInstruction == null ? [] : [answer.tipInstruction]),
    ],
    lookupTables: [
      ...(answer.addressLookupTableAddresses ?? []),
      ...(Object.keys(answer.addressesByLookupTableAddress ?? {}) as Address[]),
    ],
  };
}
