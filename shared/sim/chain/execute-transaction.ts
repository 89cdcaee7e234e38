import type { AccountBytes, AccountWrite } from '../../core/account.ts';
import { type Address, SYSTEM_PROGRAM } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { runInstruction } from './instruction-run.ts';
import { GONE } from './ledger.ts';
import { readComputeBudget, statedBudget, transactionFee } from './programs/compute-budget.ts';
import { tokenBalances } from './token-balances.ts';
import type { BankTransaction, ExecutionResult, InnerInstruction, TransactionError } from './transaction.ts';

/** The chain as one transaction meets it. */
export interface ExecutionContext {
  readonly slot: number;
  readonly clock: ChainClock;
  readonly get: (address: Address) => AccountBytes | null;
  /** The least lamports of an account of so many bytes. */
  readonly rent: (dataBytes: number) => bigint;
  readonly blockhashKnown: boolean;
  readonly alreadyProcessed: boolean;
}

/**
 * Runs a transaction and returns what it would write; nothing is written here. One that fails while it runs still
 * pays its fee; one that is refused before it runs (`landed` false) pays nothing.
 */
export function executeTransaction(transaction: BankTransaction, context: ExecutionContext): ExecutionResult {
  const budget =
    transaction.budget === undefined
      ? readComputeBudget(transaction.instructions)
      : statedBudget(transaction.budget);
  if (typeof budget === 'string' || !('unitLimit' in budget)) return refused(context, budget);
  if (!context.blockhashKnown) return refused(context, 'BlockhashNotFound');
  if (context.alreadyProcessed) return refused(context, 'AlreadyProcessed');
  const feeLamports = transactionFee(transaction.signatureCount, budget);
  const payer = context.get(transaction.feePayer);
  const feeRefusal = checkFeePayer(payer, feeLamports, context.rent);
  if (payer === null || feeRefusal !== undefined) return refused(context, feeRefusal ?? 'AccountNotFound');

  const paid: AccountWrite = {
    address: transaction.feePayer,
    account: { ...payer, lamports: payer.lamports - feeLamports },
  };
  const changed = new Map<Address, AccountBytes>([[paid.address, paid.account]]);
  const get = (address: Address): AccountBytes | null => {
    const account = changed.get(address);
    if (account === undefined) return context.get(address);
    return account.lamports === 0n ? null : account;
  };
  const logs: string[] = [];
  const inner: InnerInstruction[] = [];
  const meter = { used: 0, limit: budget.unitLimit };
  const writable = writableKeys(transaction);
  let err: TransactionError | null = null;
  for (let i = 0; i < transaction.instructions.length && err === null; i++) {
    const instruction = transaction.instructions[i]!;
    const { clock, rent } = context;
    const scope = { get, changed, writable, clock, rent, logs, index: i, inner, meter };
    const failed = runInstruction(instruction, scope);
    if (failed !== undefined) err = { InstructionError: [i, failed] };
  }
  err ??= rentError(transaction, changed, context);
  if (err !== null) {
    changed.clear();
    changed.set(paid.address, paid.account);
  }
  return {
    slot: context.slot,
    landed: true,
    err,
    logs,
    inner,
    unitsConsumed: meter.used,
    feeLamports,
    unitPriceMicroLamports: budget.unitPriceMicroLamports,
    preBalances: transaction.accountKeys.map((key) => context.get(key)?.lamports ?? 0n),
    postBalances: transaction.accountKeys.map((key) => get(key)?.lamports ?? 0n),
    preTokenBalances: tokenBalances(transaction.accountKeys, context.get),
    postTokenBalances: tokenBalances(transaction.accountKeys, get),
    writes: [...changed].map(([address, account]) => ({ address, account })),
  };
}

function refused(context: ExecutionContext, err: TransactionError): ExecutionResult {
  return {
    slot: context.slot,
    landed: false,
    err,
    logs: [],
    inner: [],
    unitsConsumed: 0,
    feeLamports: 0n,
    unitPriceMicroLamports: 0n,
    preBalances: [],
    postBalances: [],
    preTokenBalances: [],
    postTokenBalances: [],
    writes: [],
  };
}

function checkFeePayer(
  payer: AccountBytes | null,
  feeLamports: bigint,
  rent: ExecutionContext['rent'],
): TransactionError | undefined {
  if (payer === null) return 'AccountNotFound';
  if (payer.owner !== SYSTEM_PROGRAM) return 'InvalidAccountForFee';
  if (payer.lamports < feeLamports) return 'InsufficientFundsForFee';
  const left = payer.lamports - feeLamports;
  const least = rent(payer.data.length);
  if (left !== 0n && left < least && payer.lamports >= least) {
    return { InsufficientFundsForRent: { account_index: 0 } };
  }
  return undefined;
}

/** No account may be left alive below its rent unless it already was. */
function rentError(
  transaction: BankTransaction,
  changed: ReadonlyMap<Address, AccountBytes>,
  { get: before, rent }: ExecutionContext,
): TransactionError | null {
  for (const [address, account] of changed) {
    if (account.lamports === 0n || account.lamports >= rent(account.data.length)) continue;
    const old = before(address) ?? GONE;
    const oldWasBelow = old.lamports > 0n && old.lamports < rent(old.data.length);
    if (oldWasBelow && old.data.length === account.data.length && account.lamports <= old.lamports) continue;
    return { InsufficientFundsForRent: { account_index: transaction.accountKeys.indexOf(address) } };
  }
  return null;
}

function writableKeys(transaction: BankTransaction): ReadonlySet<Address> {
  const writable = new Set<Address>([transaction.feePayer]);
  for (const instruction of transaction.instructions) {
    for (const account of instruction.accounts) if (account.isWritable) writable.add(account.address);
  }
  return writable;
}
