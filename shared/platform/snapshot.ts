import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import { ArbError } from '../core/errors.ts';
import type { AccountEncoding, Commitment, RpcClient } from './rpc-client.ts';
import { MULTIPLE_ACCOUNTS_MAX } from './rpc-client.ts';

export interface SnapshotOptions {
  readonly rpc: RpcClient;
  readonly commitment: Commitment;
  readonly encoding: AccountEncoding;
  /** No account may be older than this slot. */
  readonly minContextSlot: number;
  readonly signal: AbortSignal;
  readonly onAccount: (address: Address, slot: number, account: AccountBytes | null) => void;
}

const CHUNKS_AT_ONCE = 4;

/**
 * Fetches the accounts, each told with the slot of its own answer as soon as that is here. Gives '' when all were
 * told, else why not (some may have been). What `onAccount` throws is passed on.
 */
export async function fetchSnapshot(
  addresses: readonly Address[],
  options: SnapshotOptions,
): Promise<string> {
  const { rpc, commitment, encoding, minContextSlot, signal, onAccount } = options;
  let next = 0;
  let failure = '';
  async function fetchChunks(): Promise<void> {
    while (failure === '' && next < addresses.length) {
      const chunk = addresses.slice(next, next + MULTIPLE_ACCOUNTS_MAX);
      next += MULTIPLE_ACCOUNTS_MAX;
      // Until a snapshot is here its pools are not traded, so it is part of trading.
      const options = { commitment, encoding, minContextSlot, signal, priority: 'execution' } as const;
      const read = rpc.getMultipleAccounts(chunk, options);
      const answer = await orFailure(read);
      if (typeof answer === 'string') {
        failure = answer;
        return;
      }
      if (signal.aborted) return;
      for (let i = 0; i < chunk.length; i++) onAccount(chunk[i]!, answer.slot, answer.accounts[i]!);
    }
  }
  await Promise.all(Array.from({ length: CHUNKS_AT_ONCE }, fetchChunks));
  return signal.aborted ? 'aborted' : failure;
}

/** The answer, or the message of the ArbError that came instead. Anything else thrown is passed on. */
export async function orFailure<T extends object | number>(read: Promise<T>): Promise<T | string> {
  try {
    return await read;
  } catch (thrown) {
    if (thrown instanceof ArbError) return thrown.message;
    throw thrown;
  }
}
