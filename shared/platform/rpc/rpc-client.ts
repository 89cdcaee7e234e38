import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { createHttpCaller } from '../http/http-caller.ts';
import type { Priority } from '../limits/priority.ts';
import { AccountPayloadDecoder } from './account-payload.ts';
import type { AnswerReader } from './rpc-answer.ts';
import type { SignaturesRead, TransactionRead } from './rpc-history.ts';
import { checkedRpcUrl, createRpcHttp } from './rpc-http.ts';
import { createRpcReads } from './rpc-reads.ts';
import type { RetryOptions } from './rpc-retry.ts';
import { retryRead } from './rpc-retry.ts';

export { MULTIPLE_ACCOUNTS_MAX } from './rpc-reads.ts';

export type Commitment = 'processed' | 'confirmed' | 'finalized';
export type AccountEncoding = 'base64' | 'base64+zstd';

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
  /** Name of the one endpoint to ask, of several: what it says is its own word. */
  readonly only?: string;
  /** Ask a second endpoint when the first is slower than it mostly is; the first good answer counts. */
  readonly urgent?: boolean;
}

export interface AccountReadOptions extends ReadOptions {
  /** Default base64; zstd halves large answers and costs time. */
  readonly encoding?: AccountEncoding;
  /** Only these bytes of each account: `data` is then no longer the whole. */
  readonly dataSlice?: { readonly offset: number; readonly length: number };
  /** Give the others when some accounts of an answer are no accounts; without it, the whole answer is refused. */
  readonly partial?: boolean;
}

/** Accounts in the order asked, null where the chain has none. */
export interface AccountsRead {
  /** The lowest slot of what it was put together from: every account is at least that new. */
  readonly slot: number;
  readonly accounts: readonly (AccountBytes | null)[];
  /** The slot of each account, where not all have that of the whole. */
  readonly slots?: readonly number[];
  /** By place, why an account could not be read; `accounts` has null there, which says nothing. Only with `partial`. */
  readonly unreadable?: ReadonlyMap<number, string>;
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
  /** Names of the endpoints behind it, where there are several. */
  readonly endpoints?: readonly string[];
  /**
   * Asked in chunks of 100, or of what an endpoint's plan allows. Up to 100 from an endpoint that gives as many have one
   * slot, which is exactly that of their state.
   */
  getMultipleAccounts(addresses: readonly Address[], options?: AccountReadOptions): Promise<AccountsRead>;
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
    /** Members of the answer that are no accounts, and were left out. */
    readonly unreadable: number;
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
  ): Promise<SignaturesRead>;
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
  readonly retry?: Omit<RetryOptions, 'random' | 'onRetry'>;
}

const CONNECTIONS = 64;

/** A client of the node at `url`. Throws `rpc-url-invalid`; connects only when first asked. */
export function createRpcClient(options: RpcClientOptions): RpcClient {
  const { url, clock, random, timeoutMs = 10_000 } = options;
  const caller = createHttpCaller({
    url: checkedRpcUrl(url),
    connections: CONNECTIONS,
    connectTimeoutMs: timeoutMs,
    nowMs: () => clock.nowMs(),
  });
  const http = createRpcHttp({ caller, timeoutMs });
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
      const checked = check({ method, host: caller.host, payloads }, value);
      stats.lastMicros = clock.monotonicMicros() - startedMicros;
      return checked;
    } catch (thrown) {
      stats.failures++;
      throw thrown;
    }
  }

  return createRpcReads({
    host: caller.host,
    call: (method, params, { signal, deadlineMs }, check) =>
      read(method, params, withDeadline(signal, deadlineMs), check),
    stats: () => ({ ...stats }),
  });
}

function withDeadline(signal: AbortSignal | undefined, deadlineMs: number | undefined) {
  if (deadlineMs === undefined) return signal;
  const deadline = AbortSignal.timeout(deadlineMs);
  return signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
}
