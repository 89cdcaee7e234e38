import type { Address } from '../../../core/address.ts';
import { localHalf } from '../../../venues/local-registry.ts';
import { venueByProgram } from '../../../venues/registry.ts';
import type { Bank } from '../../chain/bank.ts';
import type { BankTransaction, ExecutionResult } from '../../chain/transaction.ts';
import { transactionErrorText } from '../../chain/transaction-error.ts';
import {
  decodeWireTransaction,
  resolveTransaction,
  signaturesValid,
  type WireTransaction,
} from '../wire-transaction.ts';
import { encodeAccount, readAccountFormat } from './account-encoding.ts';
import { contextSlot, inContext } from './context.ts';
import type { RpcMethod, RpcMethods } from './dispatch.ts';
import type { Json } from './json-text.ts';
import { type Config, choice, config, flag, list, needParams, pubkey, transactionBytes } from './params.ts';
import { invalidParams, PREFLIGHT_FAILURE, rpcError, SIGNATURE_VERIFICATION_FAILURE } from './rpc-error.ts';

/** Runs before a sent transaction does, with the pools that it swaps on: where a rival may get in first. */
export type BeforeTransaction = (pools: readonly Address[]) => void;

/** The methods that take transactions. */
export function transactionMethods(bank: Bank, beforeTransaction: BeforeTransaction): RpcMethods {
  return new Map<string, RpcMethod>([
    ['sendTransaction', (params) => sendTransaction(bank, beforeTransaction, params)],
    ['simulateTransaction', (params) => simulateTransaction(bank, params)],
  ]);
}

function readWire(params: readonly unknown[], settings: Config): WireTransaction {
  needParams(params, 1);
  const encoding = choice(settings.encoding, ['base58', 'base64'], 'base58');
  const decoded = decodeWireTransaction(transactionBytes(params[0], encoding));
  if (decoded.ok) return decoded.value;
  if (decoded.reason === 'unsanitary') {
    throw invalidParams('invalid transaction: Transaction failed to sanitize accounts offsets correctly');
  }
  throw invalidParams(
    `failed to deserialize solana_transaction::versioned::VersionedTransaction: ${decoded.detail ?? 'no transaction'}`,
  );
}

function resolve(bank: Bank, wire: WireTransaction, slot: number): BankTransaction {
  const resolved = resolveTransaction(wire, bank.at(slot).get, slot, bank.rules);
  if (!resolved.ok) throw invalidParams(`invalid transaction: ${transactionErrorText(resolved.reason)}`);
  return resolved.value;
}

/**
 * Takes a transaction as a validator's RPC does: preflight on the state at the preflight commitment, then it runs
 * in the open slot. One that can not land (skipped preflight) is dropped without a word, as in a real cluster.
 */
function sendTransaction(bank: Bank, beforeTransaction: BeforeTransaction, params: readonly unknown[]): Json {
  const settings = config(params[1]);
  const wire = readWire(params, settings);
  const signed = signaturesValid(wire);
  const slot = contextSlot(bank, settings, 'preflightCommitment');
  if (!flag(settings.skipPreflight, false)) {
    if (!signed) {
      throw rpcError(SIGNATURE_VERIFICATION_FAILURE, 'Transaction signature verification failure');
    }
    const result = bank.simulate(resolve(bank, wire, slot), { slot });
    if (result.err !== null) {
      throw rpcError(
        PREFLIGHT_FAILURE,
        `Transaction simulation failed: ${transactionErrorText(result.err)}`,
        {
          ...outcome(result),
          accounts: null,
        },
      );
    }
  }
  if (signed) {
    const resolved = resolveTransaction(wire, bank.get, bank.slot, bank.rules);
    if (resolved.ok && canLand(bank, resolved.value)) {
      beforeTransaction(poolsOf(bank, resolved.value));
      bank.execute(resolved.value);
    }
  }
  return wire.signatures[0]!;
}

function canLand(bank: Bank, { signature, recentBlockhash }: BankTransaction): boolean {
  // While the chain changes its consensus, blocks hold votes only.
  if (bank.rules.consensus === 'migrating') return false;
  return bank.landed(signature) === undefined && bank.isBlockhashValid(recentBlockhash, bank.slot - 1);
}

/** The pools that a transaction's swaps name. */
export function poolsOf(bank: Bank, transaction: BankTransaction): readonly Address[] {
  const pools: Address[] = [];
  for (const instruction of transaction.instructions) {
    const venue = venueByProgram(instruction.programId);
    const swap = venue && localHalf(venue).readSwap(instruction, bank.get);
    if (swap !== undefined) pools.push(swap.pool);
  }
  return pools;
}

function simulateTransaction(bank: Bank, params: readonly unknown[]): Json {
  const settings = config(params[1]);
  const sigVerify = flag(settings.sigVerify, false);
  const replaceRecentBlockhash = flag(settings.replaceRecentBlockhash, false);
  if (sigVerify && replaceRecentBlockhash) {
    throw invalidParams('sigVerify may not be used with replaceRecentBlockhash');
  }
  const wire = readWire(params, settings);
  const slot = contextSlot(bank, settings);
  const transaction = resolve(bank, wire, slot);
  if (sigVerify && !signaturesValid(wire)) {
    throw rpcError(SIGNATURE_VERIFICATION_FAILURE, 'Transaction signature verification failure');
  }
  const result = bank.simulate(transaction, { slot, replaceRecentBlockhash });
  const { blockhash, lastValidBlockHeight } = bank.blockhashOf(slot);
  return inContext(slot, {
    ...outcome(result),
    accounts: simulatedAccounts(bank, slot, transaction, result, settings),
    replacementBlockhash: replaceRecentBlockhash ? { blockhash, lastValidBlockHeight } : undefined,
  });
}

function outcome(result: ExecutionResult): { readonly [key: string]: Json } {
  return {
    err: result.err as Json,
    innerInstructions: null,
    loadedAccountsDataSize: 0,
    logs: result.logs,
    returnData: null,
    unitsConsumed: result.unitsConsumed,
  };
}

/** The accounts asked for as the transaction would leave them; null each when it fails. */
function simulatedAccounts(
  bank: Bank,
  slot: number,
  transaction: BankTransaction,
  result: ExecutionResult,
  settings: Config,
): Json {
  if (settings.accounts === undefined || settings.accounts === null) return null;
  const wanted = config(settings.accounts);
  const format = readAccountFormat(wanted, 'base64');
  if (format.encoding === 'binary' || format.encoding === 'base58') {
    throw invalidParams('base58 encoding not supported');
  }
  const keys = list(wanted.addresses);
  if (keys.length > transaction.accountKeys.length) {
    throw invalidParams(`Too many accounts provided; max ${transaction.accountKeys.length}`);
  }
  const addresses = keys.map(pubkey);
  if (result.err !== null) return addresses.map(() => null);
  const accounts = bank.at(slot);
  const written = new Map(result.writes.map(({ address, account }) => [address, account]));
  return addresses.map((address: Address) => {
    const account = written.get(address) ?? accounts.get(address);
    return account === null || account.lamports === 0n ? null : encodeAccount(account, format, accounts);
  });
}
