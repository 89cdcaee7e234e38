import type { Address } from '../../../core/address.ts';
import type { Instruction } from '../../../core/instruction.ts';
import type { Random } from '../../../core/random.ts';
import type { RpcClient } from '../../rpc/rpc-client.ts';

/** A transaction that named a followed account and succeeded. */
export interface StreamedTransaction {
  readonly signature: string;
  readonly slot: number;
  /** What its instructions invoked, in order. */
  readonly inner: readonly Instruction[];
}

export interface TransactionStreamOptions {
  readonly wsUrl: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly rpc: Pick<RpcClient, 'getTransaction' | 'getSignaturesForAddress'>;
  readonly random: Random;
  /** In the order of the chain for each account, each signature once. Must not throw. */
  readonly onTransaction: (address: Address, transaction: StreamedTransaction) => void;
  readonly onProblem: (event: string, values: Readonly<Record<string, string | number>>) => void;
  /** Transactions of the past to begin with, for each account. Default 20. */
  readonly history?: number;
  /** Default 15 s. */
  readonly silenceMs?: number;
  /** Until a subscription that has no answer is asked for again. Default 10 s. */
  readonly ackMs?: number;
}

export interface TransactionStreamStats {
  readonly live: boolean;
  readonly connections: number;
  /** Accounts wanted, and those of them whose subscription the node has let in. */
  readonly wanted: number;
  readonly followed: number;
  /** What the node said of the last one that it refused; '' while all are followed. */
  readonly refusal: string;
  readonly told: number;
  readonly waiting: number;
  /** Transactions that could not be read, and those that were dropped because too many waited. */
  readonly failed: number;
  /** Of the failed ones, those of a version that this program does not read yet. */
  readonly tooNew: number;
  readonly dropped: number;
  /** Of the told ones, those found in an account's history: from before the start, or missed while disconnected. */
  readonly caughtUp: number;
  /** Entries of histories that were none: what they stood for is not told. */
  readonly unread: number;
}

/**
 * The transactions of some accounts, as they are confirmed: `logsSubscribe` names them, `getTransaction` reads them,
 * and after every (re)connection each account's history says what was missed. A connection of its own, off the hot
 * line: nothing that goes wrong here touches the account stream or a trade. The slots are subscribed beside the logs:
 * accounts may be quiet for hours, and a connection that tells slots is not dead. A subscription that is refused is asked
 * for again for as long as it is wanted.
 */
export interface TransactionStream {
  /** From now on exactly these accounts. */
  follow(addresses: readonly Address[]): void;
  stats(): TransactionStreamStats;
  stop(): Promise<void>;
}
