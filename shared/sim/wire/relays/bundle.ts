import { createHash } from 'node:crypto';
import type { AccountBytes } from '../../../core/account.ts';
import type { Address } from '../../../core/address.ts';
import type { Bank } from '../../chain/bank.ts';
import { executeTransaction } from '../../chain/execute-transaction.ts';
import { readComputeBudget, statedBudget } from '../../chain/programs/compute-budget.ts';
import type { BankTransaction, ExecutionResult } from '../../chain/transaction.ts';
import { choice, config, list, transactionBytes } from '../rpc/params.ts';
import { invalidParams } from '../rpc/rpc-error.ts';
import {
  decodeWireTransaction,
  resolveTransaction,
  signaturesValid,
  type WireTransaction,
} from '../wire-transaction.ts';

/** What a block engine was given: transactions that run one after the other, all of them or none. */
export interface Bundle {
  /** SHA-256 of the signatures, in hex. */
  readonly id: string;
  readonly signatures: readonly string[];
  readonly wires: readonly WireTransaction[];
}

export interface BundleRules {
  readonly tipAccounts: readonly Address[];
  /** Whether messages of version 1 are read. */
  readonly takesV1: boolean;
}

const MOST_TRANSACTIONS = 5;

/** The bundle in the parameters of sendBundle. Throws in the words of a block engine. */
export function readBundle(bank: Bank, params: readonly unknown[], rules: BundleRules): Bundle {
  const settings = config(params[1]);
  const encoding = choice(settings.encoding, ['base58', 'base64'], 'base58');
  return checkedBundle(
    bank,
    list(params[0]).map((one) => transactionBytes(one, encoding)),
    rules,
  );
}

/** The same of bytes. */
export function checkedBundle(bank: Bank, transactions: readonly Uint8Array[], rules: BundleRules): Bundle {
  if (transactions.length === 0) throw invalidParams('bundle must contain at least one transaction');
  if (transactions.length > MOST_TRANSACTIONS) {
    throw invalidParams(`bundle exceeds max transaction length: ${MOST_TRANSACTIONS}`);
  }
  const wires = transactions.map((bytes, i) => {
    const decoded = decodeWireTransaction(bytes);
    if (!decoded.ok || (decoded.value.version === 1 && !rules.takesV1)) {
      throw invalidParams(`transaction #${i} could not be decoded`);
    }
    return decoded.value;
  });
  const signatures = wires.map((wire) => wire.signatures[0]!);
  if (new Set(signatures).size < signatures.length || !wires.every(signaturesValid)) {
    throw invalidParams(
      'bundles must not contain any duplicate transactions and every transaction must be signed',
    );
  }
  if (!wires.some((wire) => locksOneOf(wire, rules.tipAccounts))) {
    throw invalidParams('Bundles must write lock at least one tip account to be eligible for the auction.');
  }
  for (const wire of wires) {
    if (bank.landed(wire.signatures[0]!) !== undefined) {
      throw invalidParams('bundle contains an already processed transaction');
    }
    if (!bank.isBlockhashValid(wire.recentBlockhash, bank.slot - 1)) {
      throw invalidParams('bundle contains an expired blockhash');
    }
  }
  return { id: createHash('sha256').update(signatures.join(',')).digest('hex'), signatures, wires };
}

/** Write-locked by the message itself: one out of a lookup table does not count. */
function locksOneOf(wire: WireTransaction, accounts: readonly Address[]): boolean {
  return wire.staticKeys.some(
    (key, index) => accounts.includes(key) && wire.message.isAccountWritable(index),
  );
}

/** A bundle run on the open slot as it stands; nothing is written. */
export interface DryRun {
  readonly transactions: readonly BankTransaction[];
  /** Signature and error of the first that fails, or may not run at all. */
  readonly failed: { readonly signature: string; readonly err: ExecutionResult['err'] } | undefined;
  /** Lamports that it brings to tip accounts. */
  readonly tipLamports: bigint;
  /** Compute units that it asks for. */
  readonly units: bigint;
}

export function dryRun(bank: Bank, bundle: Bundle, tipAccounts: readonly Address[]): DryRun {
  const changed = new Map<Address, AccountBytes>();
  const get = (address: Address): AccountBytes | null => {
    const account = changed.get(address);
    if (account === undefined) return bank.get(address);
    return account.lamports === 0n ? null : account;
  };
  const transactions: BankTransaction[] = [];
  let tipLamports = 0n;
  let units = 0n;
  for (const [i, wire] of bundle.wires.entries()) {
    const signature = bundle.signatures[i]!;
    const resolved = resolveTransaction(wire, get, bank.slot, bank.rules);
    if (!resolved.ok)
      return { transactions, failed: { signature, err: resolved.reason }, tipLamports, units };
    const transaction = resolved.value;
    const result = executeTransaction(transaction, {
      slot: bank.slot,
      clock: bank.clock(),
      get,
      rent: bank.rent,
      blockhashKnown: bank.isBlockhashValid(transaction.recentBlockhash, bank.slot - 1),
      alreadyProcessed: bank.landed(signature) !== undefined,
    });
    if (result.err !== null) {
      return { transactions, failed: { signature, err: result.err }, tipLamports, units };
    }
    for (const { address, account } of result.writes) changed.set(address, account);
    transactions.push(transaction);
    tipLamports += tipOf(transaction, result, tipAccounts);
    units += unitsOf(transaction);
  }
  return { transactions, failed: undefined, tipLamports, units };
}

/** Runs each of its transactions alone, whatever becomes of the others: what fails is charged its fee. */
export function runAlone(bank: Bank, { wires }: Bundle): void {
  for (const wire of wires) {
    const resolved = resolveTransaction(wire, bank.get, bank.slot, bank.rules);
    if (resolved.ok) bank.execute(resolved.value);
  }
}

function tipOf(
  { accountKeys }: BankTransaction,
  result: ExecutionResult,
  tipAccounts: readonly Address[],
): bigint {
  return accountKeys.reduce(
    (sum, key, i) =>
      tipAccounts.includes(key) ? sum + (result.postBalances[i] ?? 0n) - (result.preBalances[i] ?? 0n) : sum,
    0n,
  );
}

function unitsOf({ budget, instructions }: BankTransaction): bigint {
  const asked = budget === undefined ? readComputeBudget(instructions) : statedBudget(budget);
  return typeof asked === 'object' && 'unitLimit' in asked ? BigInt(Math.max(1, asked.unitLimit)) : 1n;
}
