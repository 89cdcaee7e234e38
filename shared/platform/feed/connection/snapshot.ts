import type { AccountBytes } from '../../../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../../../core/address.ts';
import { ArbError } from '../../../core/errors.ts';
import type { Priority } from '../../limits/priority.ts';
import type { Commitment, RpcClient } from '../../rpc/rpc-client.ts';
import { MULTIPLE_ACCOUNTS_MAX } from '../../rpc/rpc-client.ts';

export interface SnapshotOptions {
  readonly rpc: RpcClient;
  /** Name of the one endpoint to ask, of several. */
  readonly only?: string;
  readonly commitment: Commitment;
  /** Bytes that an account had when it was last told; undefined before that. */
  readonly sizeOf: (address: Address) => number | undefined;
  /** No account may be older than this slot. */
  readonly minContextSlot: number;
  readonly signal: AbortSignal;
  /** Whose turn it is. Until a snapshot is here its pools are not traded, so it is part of trading. */
  readonly priority: Priority;
  /** Why the clock in an answer as of `slot` cannot be, or ''. */
  readonly clockProblem: (slot: number, account: AccountBytes | null) => string;
  readonly onAccount: (address: Address, slot: number, account: AccountBytes | null) => void;
  /** What the answer says of it is no account; its neighbours are told all the same. */
  readonly onUnread: (address: Address, why: string) => void;
}

const CHUNKS_AT_ONCE = 4;
/** A chunk without an answer by then is asked again, of whoever else can answer. */
const CHUNK_DEADLINE_MS = 7_000;
/** Up to here an account costs less to parse than to decompress (bench `feed.reconnect`); what is unknown may be large. */
const SMALL_BYTES = 1_500;

/**
 * Fetches the accounts, each told with the slot of its own answer as soon as that is here. Gives '' when all were
 * told, else why not (some may have been). What `onAccount` throws is passed on.
 */
export async function fetchSnapshot(
  addresses: readonly Address[],
  options: SnapshotOptions,
): Promise<string> {
  const { rpc, commitment, minContextSlot, signal, sizeOf, priority, onAccount } = options;
  const chunks = chunksOf(addresses, (address) => (sizeOf(address) ?? Number.MAX_VALUE) <= SMALL_BYTES);
  let next = 0;
  let failure = '';
  async function fetchChunks(): Promise<void> {
    while (failure === '' && next < chunks.length) {
      const { addresses: chunk, encoding } = chunks[next++]!;
      const asked = [...chunk, CLOCK_SYSVAR];
      const deadlineMs = CHUNK_DEADLINE_MS;
      const how = {
        ...(options.only === undefined ? {} : { only: options.only }),
        commitment,
        encoding,
        minContextSlot,
        signal,
        priority,
        deadlineMs,
        partial: true,
      } as const;
      const answer = await orFailure(rpc.getMultipleAccounts(asked, how));
      if (typeof answer === 'string') {
        failure = answer;
        return;
      }
      if (signal.aborted) return;
      const { slot, slots, accounts, unreadable } = answer;
      const clock = unreadable?.get(chunk.length);
      const problem =
        clock ?? options.clockProblem(slots?.[chunk.length] ?? slot, accounts[chunk.length] ?? null);
      if (problem !== '') {
        failure = problem;
        return;
      }
      // One account that is none loses no neighbour.
      for (let i = 0; i < chunk.length; i++) {
        const why = unreadable?.get(i);
        if (why === undefined) onAccount(chunk[i]!, slots?.[i] ?? slot, accounts[i]!);
        else options.onUnread(chunk[i]!, why);
      }
    }
  }
  await Promise.all(Array.from({ length: CHUNKS_AT_ONCE }, fetchChunks));
  return signal.aborted ? 'aborted' : failure;
}

interface Chunk {
  readonly addresses: Address[];
  readonly encoding: 'base64' | 'base64+zstd';
}

/** As many as one call may ask for, in order, the small ones apart from the others. */
function chunksOf(addresses: readonly Address[], isSmall: (address: Address) => boolean): readonly Chunk[] {
  const chunks: Chunk[] = [];
  const open: { small?: Chunk; large?: Chunk } = {};
  for (const address of addresses) {
    const size = isSmall(address) ? 'small' : 'large';
    let chunk = open[size];
    if (chunk === undefined || chunk.addresses.length >= MULTIPLE_ACCOUNTS_MAX - 1) {
      chunk = { addresses: [], encoding: size === 'small' ? 'base64' : 'base64+zstd' };
      open[size] = chunk;
      chunks.push(chunk);
    }
    chunk.addresses.push(address);
  }
  return chunks;
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
