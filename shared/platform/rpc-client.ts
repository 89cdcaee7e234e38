import bs58 from 'bs58';
import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { AccountPayloadDecoder } from './account-payload.ts';
import type { Priority } from './limits/priority.ts';
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
import { type SignatureEntry, signaturesOf, type TransactionRead, transactionOf } from './rpc-history.ts';
import { badAnswer, createRpcHttp } from './rpc-http.ts';
import type { RetryOptions } from './rpc-retry.ts';
import { retryRead } from './rpc-retry.ts';

export type Commitment = 'processed' | 'confirmed' | 'finalized';
export type AccountEncoding = 'base64' | 'base64+zstd';

/** The most accounts that a node gives in one getMultipleAccounts. */
export const MULTIPLE_ACCOUNTS_MAX = 100;

export interface ReadOptions {
  /** Default 'processed'. */
  readonly commitment?: Commitment;
  /** The answer's state is this slot's or later; a node that is behind is asked again, bounded. */
  readonly minContextSlot?: number;
  readonly signal?: AbortSignal;
  /** Whose turn it is where calls wait for a provider's limit. Default 'balances'. A client without limits has no turns. */
  readonly priority?: Priority;
  /** The whole call, with waiting and retries. Default: none beyond each attempt's own. */
  readonly deadlineMs?: number;
  /** Ask a second endpoint when the first is slower than it mostly is; the first good answer counts. */
  readonly urgent?: boolean;
}

export interface AccountReadOptions extends ReadOptions {
  /** Default base64; zstd halves large answers and costs time. */
  readonly encoding?: AccountEncoding;
  /** Only these bytes of each account: `data` is then no longer the whole. */
  readonly dataSlice?: { readonly offset: number; readonly length: number };
}

export interface ProgramFilter extends AccountReadOptions {
  readonly dataSize?: number;
  readonly memcmp?: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
}

export interface RpcStats {
  readonly calls: number;
  readonly retries: number;
  readonly failures: number;
  /** Of the last call that was answered, retries included; 0 before the first. */
  readonly lastMicros: number;
}

/**
 * The reads this system makes of a Solana node. Every answer is checked field by field. All throw ArbError:
 * `rpc-unreachable`, `rpc-error` (context.code is the node's), `rpc-bad-answer` (context.field).
 */
export interface RpcClient {
  /** Host and port of the node: all of its URL that may be shown. */
  readonly host: string;
  /**
   * The accounts in the order asked, null where the chain has none. Asked in chunks of 100; `slot` is the lowest
   * of the chunks' context slots, so every account is at least that new. Ask for up to 100 to know the slot exactly.
   */
  getMultipleAccounts(
    addresses: readonly Address[],
    options?: AccountReadOptions,
  ): Promise<{ readonly slot: number; readonly accounts: readonly (AccountBytes | null)[] }>;
  getAccount(
    address: Address,
    options?: AccountReadOptions,
  ): Promise<{ readonly slot: number; readonly account: AccountBytes | null }>;
  /** All accounts of a program that pass the filter. Asked with zstd unless told otherwise. */
  getProgramAccounts(
    programId: Address,
    filter?: ProgramFilter,
  ): Promise<{
    readonly slot: number;
    readonly accounts: readonly { readonly address: Address; readonly account: AccountBytes }[];
  }>;
  getSlot(options?: ReadOptions): Promise<number>;
  /** Lamports. */
  getBalance(
    address: Address,
    options?: ReadOptions,
  ): Promise<{ readonly slot: number; readonly lamports: bigint }>;
  getLatestBlockhash(options?: ReadOptions): Promise<{
    readonly slot: number;
    readonly blockhash: string;
    readonly lastValidBlockHeight: number;
  }>;
  /** A landed transaction, null while (or no longer) unknown. Commitment is 'confirmed' unless it is 'finalized'. */
  getTransaction(signature: string, options?: ReadOptions): Promise<TransactionRead | null>;
  /** The transactions that name an account, newest first, down to `until` (exclusive) or `limit` (1,000 at most). */
  getSignaturesForAddress(
    address: Address,
    options?: ReadOptions & { readonly until?: string; readonly limit?: number },
  ): Promise<readonly SignatureEntry[]>;
  /** Which chain this is, in base58. */
  getGenesisHash(options?: { readonly signal?: AbortSignal }): Promise<string>;
  /** The node's software, e.g. '2.1.21'. */
  getVersion(options?: { readonly signal?: AbortSignal }): Promise<string>;
  stats(): RpcStats;
}

export interface RpcClientOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly random: Random;
  /** One attempt, from request to last byte. Default 10 s. */
  readonly timeoutMs?: number;
  readonly fetch?: typeof fetch;
  readonly retry?: Omit<RetryOptions, 'random' | 'onRetry'>;
}

/** A client of the node at `url`. Throws `rpc-url-invalid`; connects only when first asked. */
export function createRpcClient(options: RpcClientOptions): RpcClient {
  const { url, clock, random, timeoutMs = 10_000 } = options;
  const http = createRpcHttp({
    url,
    timeoutMs,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  const payloads = new AccountPayloadDecoder();
  const stats = { calls: 0, retries: 0, failures: 0, lastMicros: 0 };
  const retry: RetryOptions = {
    ...options.retry,
    random,
    onRetry: () => {
      stats.retries++;
    },
  };

  async function read<T>(
    method: string,
    params: readonly unknown[],
    signal: AbortSignal | undefined,
    check: (reader: AnswerReader, result: unknown) => T,
  ): Promise<T> {
    const startedMicros = clock.monotonicMicros();
    stats.calls++;
    try {
      const value = await retryRead(() => http.call(method, params, signal), retry, signal);
      const checked = check({ method, host: http.host, payloads }, value);
      stats.lastMicros = clock.monotonicMicros() - startedMicros;
      return checked;
    } catch (thrown) {
      stats.failures++;
      throw thrown;
    }
  }

  async function getChunk(addresses: readonly Address[], options: AccountReadOptions) {
    const params = [addresses, accountConfig(options, 'base64')];
    return read('getMultipleAccounts', params, options.signal, (reader, result) => {
      const { slot, value } = contextOf(reader, result);
      const list = arrayOf(reader, value, 'result.value', addresses.length);
      const accounts = list.map((member, i) => accountOf(reader, member, `result.value[${i}]`));
      return { slot: atLeast(reader, slot, options), accounts };
    });
  }

  return {
    host: http.host,
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
      return read('getAccountInfo', params, options.signal, (reader, result) => {
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
      return read('getProgramAccounts', params, filter.signal, (reader, result) => {
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
      return read('getSlot', [slotConfig(options)], options.signal, (reader, result) =>
        atLeast(reader, integerOf(reader, result, 'result'), options),
      );
    },
    async getBalance(address, options = {}) {
      return read('getBalance', [address, slotConfig(options)], options.signal, (reader, result) => {
        const { slot, value } = contextOf(reader, result);
        return { slot, lamports: unitsOf(reader, value, 'result.value') };
      });
    },
    async getLatestBlockhash(options = {}) {
      return read('getLatestBlockhash', [slotConfig(options)], options.signal, (reader, result) => {
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
      return read('getTransaction', params, options.signal, transactionOf);
    },
    async getSignaturesForAddress(address, options = {}) {
      const { until, limit } = options;
      const params = [address, { ...historyConfig(options), until, limit }];
      return read('getSignaturesForAddress', params, options.signal, signaturesOf);
    },
    async getGenesisHash(options = {}) {
      return read('getGenesisHash', [], options.signal, (reader, result) =>
        addressOf(reader, result, 'result'),
      );
    },
    async getVersion(options = {}) {
      return read('getVersion', [], options.signal, (reader, result) =>
        textOf(reader, objectOf(reader, result, 'result')['solana-core'], 'result.solana-core'),
      );
    },
    stats: () => ({ ...stats }),
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

function accountConfig(options: AccountReadOptions, encoding: AccountEncoding): Record<string, unknown> {
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
