import type { AccountWrite } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';

/** Why one instruction failed, in the validator's JSON form. */
export type InstructionError = string | { readonly Custom: number };

/** Why a transaction failed or was refused, in the validator's JSON form. */
export type TransactionError =
  | string
  | { readonly InstructionError: readonly [number, InstructionError] }
  | { readonly InsufficientFundsForRent: { readonly account_index: number } }
  | { readonly DuplicateInstruction: number };

/** Compute units that a transaction may use, and what it pays for them: all of it, used or not. */
export interface TransactionBudget {
  readonly unitLimit: number;
  readonly priorityFeeLamports: bigint;
}

/**
 * A transaction as the bank takes it: decoded, its signatures already checked by whoever decoded it.
 * The flags of each instruction account are those of the message (a key is writable everywhere or nowhere).
 */
export interface BankTransaction {
  /** The first signature, base58: the name of the transaction. Unique within 300 slots. */
  readonly signature: string;
  readonly signatureCount: number;
  readonly feePayer: Address;
  readonly recentBlockhash: string;
  /** Every account of the message in its order, table look-ups last. The fee payer is first. */
  readonly accountKeys: readonly Address[];
  readonly instructions: readonly Instruction[];
  /** What a message of version 1 says itself; of others it is read off their Compute Budget instructions. */
  readonly budget?: TransactionBudget;
  /** The bytes it came in as, or would have; absent when it was made in this process. */
  readonly wire?: Uint8Array;
}

/** A transaction made in this process, never on a wire: keys in order of first mention. */
export function createBankTransaction(parts: {
  readonly signature: string;
  readonly feePayer: Address;
  readonly recentBlockhash: string;
  readonly instructions: readonly Instruction[];
}): BankTransaction {
  const keys = new Set<Address>([parts.feePayer]);
  const signers = new Set<Address>([parts.feePayer]);
  for (const instruction of parts.instructions) {
    for (const account of instruction.accounts) {
      keys.add(account.address);
      if (account.isSigner) signers.add(account.address);
    }
  }
  for (const instruction of parts.instructions) keys.add(instruction.programId);
  return { ...parts, signatureCount: signers.size, accountKeys: [...keys] };
}

/** An instruction that a program invoked. */
export interface InnerInstruction {
  /** Of the transaction's instruction that it ran under. */
  readonly index: number;
  /** 2 for what the transaction's own instruction invoked. */
  readonly stackHeight: number;
  readonly instruction: Instruction;
}

/** What a transaction came to. */
export interface ExecutionResult {
  readonly slot: number;
  /** False: refused before it ran (unknown blockhash, replay, no fee money). Nothing was written or charged. */
  readonly landed: boolean;
  readonly err: TransactionError | null;
  readonly logs: readonly string[];
  /** What instructions invoked, in the order in which it ran. */
  readonly inner: readonly InnerInstruction[];
  /** The bank's own estimate of compute units: a fixed figure an instruction kind. */
  readonly unitsConsumed: number;
  /** Charged to the fee payer when `landed`, failed or not. */
  readonly feeLamports: bigint;
  /** Micro-lamports a compute unit that the transaction offers. */
  readonly unitPriceMicroLamports: bigint;
  /** Lamports of `accountKeys` before and after. */
  readonly preBalances: readonly bigint[];
  readonly postBalances: readonly bigint[];
  readonly preTokenBalances: readonly TokenBalance[];
  readonly postTokenBalances: readonly TokenBalance[];
  /** The final bytes of every account it changed, the fee payer included. Empty unless it ran. */
  readonly writes: readonly AccountWrite[];
}

/** What a token account of a transaction held, in base units. */
export interface TokenBalance {
  readonly accountIndex: number;
  readonly mint: Address;
  readonly owner: Address;
  readonly tokenProgram: Address;
  readonly amount: bigint;
  readonly decimals: number;
}

/** A transaction that ran, kept for about 300 slots. */
export interface LandedTransaction {
  readonly transaction: BankTransaction;
  readonly result: ExecutionResult;
}
