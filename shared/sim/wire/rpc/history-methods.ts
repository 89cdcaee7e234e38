import type { MessageV1 } from '@solana/web3.js';
import bs58 from 'bs58';
import type { Address } from '../../../core/address.ts';
import { type Outcome, refusal } from '../../../core/outcome.ts';
import type { Bank } from '../../chain/bank.ts';
import type { LandedTransaction, TokenBalance } from '../../chain/transaction.ts';
import { decodeWireTransaction, type WireTransaction } from '../wire-transaction.ts';
import { getSignaturesForAddress } from './address-history.ts';
import { inContext, readCommitment } from './context.ts';
import type { RpcMethod, RpcMethods } from './dispatch.ts';
import { innerInstructions } from './inner-instructions.ts';
import type { Json } from './json-text.ts';
import { choice, config, list, needParams, pubkey, unsigned } from './params.ts';
import { uiTokenAmount } from './parsed-token.ts';
import { invalidParams, rpcError, UNSUPPORTED_TRANSACTION_VERSION } from './rpc-error.ts';
import { signatureText } from './signature-text.ts';

const MAX_SIGNATURES = 256;
const MAX_FEE_ACCOUNTS = 128;
const FEE_SLOTS = 150;
/** Slots for which the bank remembers what landed. */
const KEPT_SLOTS = 300;

/** The methods about what has landed: the last 300 slots, once their slot is closed. */
export function historyMethods(bank: Bank): RpcMethods {
  return new Map<string, RpcMethod>([
    ['getSignatureStatuses', (params) => getSignatureStatuses(bank, params)],
    ['getRecentPrioritizationFees', (params) => getRecentPrioritizationFees(bank, params)],
    ['getTransaction', (params) => getTransaction(bank, params)],
    ['getSignaturesForAddress', (params) => getSignaturesForAddress(bank, KEPT_SLOTS, params)],
  ]);
}

function getSignatureStatuses(bank: Bank, params: readonly unknown[]): Json {
  needParams(params, 1);
  const given = list(params[0]);
  if (given.length > MAX_SIGNATURES) throw invalidParams(`Too many inputs provided; max ${MAX_SIGNATURES}`);
  const signatures = given.map(signatureText);
  return inContext(
    bank.slotAt('processed'),
    signatures.map((signature) => status(bank, signature)),
  );
}

function status(bank: Bank, signature: string): Json {
  const processed = bank.slotAt('processed');
  const result = bank.landed(signature)?.result;
  if (result === undefined || result.slot > processed) return null;
  const finalized = result.slot <= bank.slotAt('finalized');
  const confirmed = result.slot <= bank.slotAt('confirmed');
  return {
    confirmationStatus: finalized ? 'finalized' : confirmed ? 'confirmed' : 'processed',
    confirmations: finalized ? null : processed - result.slot,
    err: result.err as Json,
    slot: result.slot,
    status: statusOf(result.err as Json),
  };
}

function statusOf(err: Json): Json {
  return err === null ? { Ok: null } : { Err: err };
}

/** For each of the last 150 slots, the least price that got a transaction with all these accounts in. */
function getRecentPrioritizationFees(bank: Bank, params: readonly unknown[]): Json {
  const addresses = params[0] === undefined || params[0] === null ? [] : list(params[0]).map(pubkey);
  if (addresses.length > MAX_FEE_ACCOUNTS) {
    throw invalidParams(`Too many inputs provided; max ${MAX_FEE_ACCOUNTS}`);
  }
  const last = bank.slotAt('processed');
  const fees: Json[] = [];
  for (let slot = Math.max(bank.startSlot, last - FEE_SLOTS + 1); slot <= last; slot++) {
    fees.push({ slot, prioritizationFee: slotFee(bank.landedIn(slot), addresses) });
  }
  return fees;
}

/** Micro-lamports a unit: the slot's cheapest, or the dearest of the cheapest per account where accounts are named. */
function slotFee(landed: readonly LandedTransaction[], addresses: readonly Address[]): bigint {
  const cheapest = (among: readonly LandedTransaction[]): bigint => {
    let least: bigint | undefined;
    for (const { result } of among) {
      const price = result.unitPriceMicroLamports;
      if (least === undefined || price < least) least = price;
    }
    return least ?? 0n;
  };
  let fee = cheapest(landed);
  for (const address of addresses) {
    const ofAccount = cheapest(landed.filter((one) => writes(one, address)));
    if (ofAccount > fee) fee = ofAccount;
  }
  return fee;
}

function writes({ transaction }: LandedTransaction, address: Address): boolean {
  return transaction.instructions.some((instruction) =>
    instruction.accounts.some((account) => account.address === address && account.isWritable),
  );
}

function getTransaction(bank: Bank, params: readonly unknown[]): Json {
  needParams(params, 1);
  const signature = signatureText(params[0]);
  const settings = typeof params[1] === 'string' ? { encoding: params[1] } : config(params[1]);
  const encoding = choice(settings.encoding, ['json', 'base58', 'base64'], 'json');
  const commitment = readCommitment(settings);
  if (commitment === 'processed') throw invalidParams('Method does not support commitment below `confirmed`');
  const landed = bank.landed(signature);
  if (landed === undefined || landed.result.slot > bank.slotAt(commitment)) return null;
  const wire = wireOf(landed);
  if (!wire.ok) return null;
  const version = wire.value.version;
  const most = settings.maxSupportedTransactionVersion;
  const supported = most === undefined || most === null ? -1 : unsigned(most);
  if (version !== 'legacy' && version > supported) {
    throw rpcError(
      UNSUPPORTED_TRANSACTION_VERSION,
      `Transaction version (${version}) is not supported by the requesting client. Please try the request again with the following configuration parameter: "maxSupportedTransactionVersion": ${version}`,
    );
  }
  return {
    blockTime: bank.clockAt(landed.result.slot).unixTimestamp,
    meta: transactionMeta(landed, wire.value),
    slot: landed.result.slot,
    transaction:
      encoding === 'json' ? jsonTransaction(wire.value) : [wireText(wire.value, encoding), encoding],
    version: most === undefined || most === null ? undefined : version,
  };
}

/** The bytes of a transaction that came over the wire; one made in this process has none. */
function wireOf(landed: LandedTransaction): Outcome<WireTransaction> {
  const { wire } = landed.transaction;
  return wire === undefined ? refusal('never-on-a-wire') : decodeWireTransaction(wire);
}

function wireText(wire: WireTransaction, encoding: 'base58' | 'base64'): string {
  return encoding === 'base58' ? bs58.encode(wire.bytes) : Buffer.from(wire.bytes).toString('base64');
}

function transactionMeta({ transaction, result }: LandedTransaction, wire: WireTransaction): Json {
  const looked = transaction.accountKeys.slice(wire.staticKeys.length);
  const writableCount = wire.message.addressTableLookups.reduce(
    (n, table) => n + table.writableIndexes.length,
    0,
  );
  return {
    computeUnitsConsumed: result.unitsConsumed,
    err: result.err as Json,
    fee: result.feeLamports,
    innerInstructions: innerInstructions(transaction, result),
    loadedAddresses: { readonly: looked.slice(writableCount), writable: looked.slice(0, writableCount) },
    logMessages: result.logs,
    postBalances: result.postBalances,
    postTokenBalances: result.postTokenBalances.map(tokenBalance),
    preBalances: result.preBalances,
    preTokenBalances: result.preTokenBalances.map(tokenBalance),
    rewards: [],
    status: statusOf(result.err as Json),
  };
}

function tokenBalance(balance: TokenBalance): Json {
  return {
    accountIndex: balance.accountIndex,
    mint: balance.mint,
    owner: balance.owner,
    programId: balance.tokenProgram,
    uiTokenAmount: uiTokenAmount(balance.amount, balance.decimals),
  };
}

function jsonTransaction(wire: WireTransaction): Json {
  const { message } = wire;
  const lookups = message.addressTableLookups.map((table) => ({
    accountKey: table.accountKey.toBase58(),
    readonlyIndexes: table.readonlyIndexes,
    writableIndexes: table.writableIndexes,
  }));
  return {
    message: {
      accountKeys: wire.staticKeys,
      addressTableLookups: wire.version === 0 ? lookups : undefined,
      header: {
        numReadonlySignedAccounts: message.header.numReadonlySignedAccounts,
        numReadonlyUnsignedAccounts: message.header.numReadonlyUnsignedAccounts,
        numRequiredSignatures: message.header.numRequiredSignatures,
      },
      instructions: message.compiledInstructions.map((compiled) => ({
        accounts: [...compiled.accountKeyIndexes],
        data: bs58.encode(compiled.data),
        programIdIndex: compiled.programIdIndex,
        stackHeight: null,
      })),
      recentBlockhash: wire.recentBlockhash,
      transactionConfig: wire.version === 1 ? { ...(message as MessageV1).transactionConfig } : undefined,
    },
    signatures: wire.signatures,
  };
}
