import bs58 from 'bs58';
import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import type { AnswerReader } from './rpc-answer.ts';
import {
  accountOf,
  addressOf,
  arrayOf,
  contextOf,
  integerOf,
  objectOf,
  textOf,
  unitsOf,
} from './rpc-answer.ts';
import type { AccountEncoding, AccountReadOptions, ReadOptions, RpcClient, RpcStats } from './rpc-client.ts';
import { signaturesOf, transactionOf } from './rpc-history.ts';
import { badAnswer } from './rpc-http.ts';

/** The most accounts that a node gives in one getMultipleAccounts. */
export const MULTIPLE_ACCOUNTS_MAX = 100;

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
  async function getChunk(addresses: readonly Address[], options: AccountReadOptions) {
    const params = [addresses, accountConfig(options, 'base64')];
    return call('getMultipleAccounts', params, options, (reader, result) => {
      const { slot, value } = contextOf(reader, result);
      const list = arrayOf(reader, value, 'result.value', addresses.length);
      const accounts = list.map((member, i) => accountOf(reader, member, `result.value[${i}]`));
      return { slot: atLeast(reader, slot, options), accounts };
    });
  }

  return {
    host,
    async getMultipleAccounts(addresses, options = {}) {
      let slot = Number.MAX_SAFE_INTEGER;
      const accounts: (AccountBytes | null)[] = [];
      for (let from = 0; from === 0 || from < addresses.length; from += MULTIPLE_ACCOUNTS_MAX) {
        const chunk = await getChunk(addresses.slice(from, from + MULTIPLE_ACCOUNTS_MAX), options);
        slot = Math.min(slot, chunk.slot);
        for (const account of chunk.accounts) accounts.push(account);
      }
      return { slot, accounts };
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
        const accounts = arrayOf(reader, value, 'result.value').map((member, i) => {
          const field = `result.value[${i}]`;
          const entry = objectOf(reader, member, field);
          const account = accountOf(reader, entry.account ?? undefined, `${field}.account`);
          return { address: addressOf(reader, entry.pubkey, `${field}.pubkey`), account };
        });
        // An account whose last lamport has gone is none.
        const held = accounts.flatMap(({ address, account }) =>
          account === null ? [] : [{ address, account }],
        );
        return { slot: atLeast(reader, slot, filter), accounts: held };
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
        { ...historyConfig(options), encoding: 'json', maxSupportedTransactionVersion: 0 },
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
