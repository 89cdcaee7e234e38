import bs58 from 'bs58';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { AnswerPart, AnswerReader } from './rpc-answer.ts';
import {
  accountOf,
  addressOf,
  arrayOf,
  contextOf,
  eachReadable,
  integerOf,
  objectOf,
  partsOf,
  textOf,
  unitsOf,
} from './rpc-answer.ts';
import type {
  AccountEncoding,
  AccountReadOptions,
  AccountsRead,
  ReadOptions,
  RpcClient,
  RpcStats,
} from './rpc-client.ts';
import { signaturesOf, transactionOf } from './rpc-history.ts';
import { badAnswer } from './rpc-http.ts';

/** The most accounts that a node gives in one getMultipleAccounts. */
export const MULTIPLE_ACCOUNTS_MAX = 100;

/** The newest version of transactions that is read here. A node refuses to give a newer one out, with -32015. */
const READABLE_VERSION = 1;

/**
 * Asks a node and checks its answer with `check`, which throws `rpc-bad-answer`. Whoever implements it may ask again
 * or ask another node; `options` say for how long and how urgently.
 */
export type RpcCaller = <T>(
  method: string,
  params: readonly unknown[],
  options: ReadOptions,
  check: (reader: AnswerReader, result: unknown) => T,
) => Promise<T>;

export interface RpcReadsParams {
  readonly host: string;
  readonly call: RpcCaller;
  readonly stats: () => RpcStats;
}

/** Every read of RpcClient: its parameters, and the check of its answer. */
export function createRpcReads({ host, call, stats }: RpcReadsParams): RpcClient {
  async function getChunk(addresses: readonly Address[], options: AccountReadOptions): Promise<AccountsRead> {
    const params = [addresses, accountConfig(options, 'base64')];
    return call('getMultipleAccounts', params, options, (reader, result) => {
      const parts = partsOf(result, addresses.length).map((part) => accountsOf(reader, part, options));
      return parts.length === 1 ? parts[0]! : joined(parts);
    });
  }

  return {
    host,
    async getMultipleAccounts(addresses, options = {}) {
      const chunks: AccountsRead[] = [];
      for (let from = 0; from === 0 || from < addresses.length; from += MULTIPLE_ACCOUNTS_MAX) {
        chunks.push(await getChunk(addresses.slice(from, from + MULTIPLE_ACCOUNTS_MAX), options));
      }
      return chunks.length === 1 ? chunks[0]! : joined(chunks);
    },
    async getAccount(address, options = {}) {
      const params = [address, accountConfig(options, 'base64')];
      return call('getAccountInfo', params, options, (reader, result) => {
        const { slot, value } = contextOf(reader, result);
        return { slot: atLeast(reader, slot, options), account: accountOf(reader, value, 'result.value') };
      });
    },
    async getProgramAccounts(programId, filter = {}) {
      const filters: unknown[] = [];
      if (filter.dataSize !== undefined) filters.push({ dataSize: filter.dataSize });
      for (const { offset, bytes } of filter.memcmp ?? []) {
        filters.push({ memcmp: { offset, bytes: bs58.encode(bytes) } });
      }
      const params = [programId, { ...accountConfig(filter, 'base64+zstd'), withContext: true, filters }];
      return call('getProgramAccounts', params, filter, (reader, result) => {
        const { slot, value } = contextOf(reader, result);
        const accounts: { readonly address: Address; readonly account: AccountBytes }[] = [];
        const read = eachReadable(arrayOf(reader, value, 'result.value'), (member, i) => {
          const field = `result.value[${i}]`;
          const entry = objectOf(reader, member, field);
          const account = accountOf(reader, entry.account ?? undefined, `${field}.account`);
          const address = addressOf(reader, entry.pubkey, `${field}.pubkey`);
          // An account whose last lamport has gone is none.
          if (account !== null) accounts.push({ address, account });
        });
        return { slot: atLeast(reader, slot, filter), accounts, unreadable: read.size };
      });
    },
    async getSlot(options = {}) {
      return call('getSlot', [slotConfig(options)], options, (reader, result) =>
        atLeast(reader, integerOf(reader, result, 'result'), options),
      );
    },
    async getBalance(address, options = {}) {
      return call('getBalance', [address, slotConfig(options)], options, (reader, result) => {
        const { slot, value } = contextOf(reader, result);
        return { slot, lamports: unitsOf(reader, value, 'result.value') };
      });
    },
    async getLatestBlockhash(options = {}) {
      return call('getLatestBlockhash', [slotConfig(options)], options, (reader, result) => {
        const { slot, value } = contextOf(reader, result);
        const body = objectOf(reader, value, 'result.value');
        return {
          slot,
          blockhash: addressOf(reader, body.blockhash, 'result.value.blockhash'),
          lastValidBlockHeight: integerOf(
            reader,
            body.lastValidBlockHeight,
            'result.value.lastValidBlockHeight',
          ),
        };
      });
    },
    async getTransaction(signature, options = {}) {
      const params = [
        signature,
        { ...historyConfig(options), encoding: 'json', maxSupportedTransactionVersion: READABLE_VERSION },
      ];
      return call('getTransaction', params, options, transactionOf);
    },
    async getSignaturesForAddress(address, options = {}) {
      const { until, limit } = options;
      const params = [address, { ...historyConfig(options), until, limit }];
      return call('getSignaturesForAddress', params, options, signaturesOf);
    },
    async getGenesisHash(options = {}) {
      return call('getGenesisHash', [], options, (reader, result) => addressOf(reader, result, 'result'));
    },
    async getVersion(options = {}) {
      return call('getVersion', [], options, (reader, result) =>
        textOf(reader, objectOf(reader, result, 'result')['solana-core'], 'result.solana-core'),
      );
    },
    stats,
  };
}

/** One part of an answer, as many accounts as it was asked for. */
function accountsOf(reader: AnswerReader, part: AnswerPart, options: AccountReadOptions): AccountsRead {
  const { slot, value } = contextOf(reader, part.result);
  const list = arrayOf(reader, value, 'result.value', part.count);
  const accounts: (AccountBytes | null)[] = [];
  if (options.partial !== true) {
    for (const [i, member] of list.entries()) accounts.push(accountOf(reader, member, `result.value[${i}]`));
    return { slot: atLeast(reader, slot, options), accounts };
  }
  const unreadable = eachReadable(list, (member, i) => {
    accounts[i] = null;
    accounts[i] = accountOf(reader, member, `result.value[${i}]`);
  });
  const read = { slot: atLeast(reader, slot, options), accounts };
  return unreadable.size === 0 ? read : { ...read, unreadable };
}

/** Several reads as one: as old as the oldest of them. */
export function joined(reads: readonly AccountsRead[]): AccountsRead {
  const slot = reads.reduce((least, read) => Math.min(least, read.slot), Number.MAX_SAFE_INTEGER);
  const accounts: (AccountBytes | null)[] = [];
  const slots: number[] = [];
  const unreadable = new Map<number, string>();
  for (const read of reads) {
    for (const [i, why] of read.unreadable ?? []) unreadable.set(accounts.length + i, why);
    for (const [i, account] of read.accounts.entries()) {
      accounts.push(account);
      slots.push(read.slots?.[i] ?? read.slot);
    }
  }
  return {
    slot,
    accounts,
    ...(slots.every((own) => own === slot) ? {} : { slots }),
    ...(unreadable.size === 0 ? {} : { unreadable }),
  };
}

/** A node keeps no history of what is only processed. */
function historyConfig({ commitment }: ReadOptions): Record<string, unknown> {
  return { commitment: commitment === 'finalized' ? commitment : 'confirmed' };
}

function slotConfig(options: ReadOptions): Record<string, unknown> {
  const { commitment = 'processed', minContextSlot } = options;
  return minContextSlot === undefined ? { commitment } : { commitment, minContextSlot };
}

export function accountConfig(
  options: AccountReadOptions,
  encoding: AccountEncoding,
): Record<string, unknown> {
  const { dataSlice } = options;
  const slice = dataSlice === undefined ? {} : { dataSlice };
  return { ...slotConfig(options), encoding: options.encoding ?? encoding, ...slice };
}

/** A node that answers from before the slot asked for has lied about `minContextSlot`. */
function atLeast(reader: AnswerReader, slot: number, options: ReadOptions): number {
  if (options.minContextSlot !== undefined && slot < options.minContextSlot) {
    throw badAnswer(
      reader.method,
      reader.host,
      'slot',
      `${slot} is before minContextSlot ${options.minContextSlot}`,
    );
  }
  return slot;
}
