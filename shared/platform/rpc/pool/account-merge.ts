import type { Address } from '../../../core/address.ts';
import type { Clock } from '../../../core/clock.ts';
import type { AccountReadOptions, AccountsRead } from '../rpc-client.ts';
import { joined, MULTIPLE_ACCOUNTS_MAX } from '../rpc-reads.ts';
import { createSharedCalls } from './shared-calls.ts';

type GetAccounts = (addresses: readonly Address[], options: AccountReadOptions) => Promise<AccountsRead>;

export interface AccountMergeParams {
  readonly clock: Clock;
  readonly host: string;
  /** Default of `deadlineMs`. */
  readonly deadlineMs: number;
  readonly fetch: GetAccounts;
}

/** Reads of many accounts that are asked in one turn go out together. */
export interface AccountMerge {
  readonly getMultipleAccounts: GetAccounts;
  /** Requests that were spared. */
  readonly merged: number;
}

interface Request {
  readonly addresses: readonly Address[];
  readonly options: AccountReadOptions;
  readonly deadlineMs: number;
  readonly resolve: (answer: Promise<AccountsRead>) => void;
}

/** Addresses that are fetched in one request, with the place of each. */
interface Chunk {
  readonly id: number;
  readonly places: Map<Address, number>;
}

const DEFAULT_PRIORITY = 'balances';

/**
 * A request of up to 100 accounts stays in one chunk, so that its slot is exactly that of its accounts; addresses that
 * several ask for are fetched once. Only requests with the same options are merged.
 */
export function createAccountMerge(params: AccountMergeParams): AccountMerge {
  const { clock, host, fetch } = params;
  const chunkCalls = createSharedCalls();
  const groups = new Map<string, Request[]>();
  let lastChunk = 0;
  let merged = 0;

  function flush(key: string): void {
    const requests = groups.get(key) ?? [];
    groups.delete(key);
    const chunks: Chunk[] = [];
    // The most patient first: they start the chunks, and the others join.
    requests.sort((a, b) => b.deadlineMs - a.deadlineMs);
    const placed = requests.map((request) => ({ request, parts: placeParts(request.addresses, chunks) }));
    merged += placed.reduce((sum, { parts }) => sum + parts.length, 0) - chunks.length;
    for (const { request, parts } of placed) request.resolve(answer(request, parts));
  }

  /** The parts of a request, each with the chunk that will hold it. */
  function placeParts(addresses: readonly Address[], chunks: Chunk[]) {
    const parts: { readonly addresses: readonly Address[]; readonly chunk: Chunk }[] = [];
    for (let from = 0; from === 0 || from < addresses.length; from += MULTIPLE_ACCOUNTS_MAX) {
      const part = addresses.slice(from, from + MULTIPLE_ACCOUNTS_MAX);
      const fits = ({ places }: Chunk): boolean => {
        const added = new Set(part.filter((address) => !places.has(address)));
        return places.size + added.size <= MULTIPLE_ACCOUNTS_MAX;
      };
      let chunk = chunks.find(fits);
      if (chunk === undefined) {
        chunk = { id: ++lastChunk, places: new Map() };
        chunks.push(chunk);
      }
      for (const address of part) {
        if (!chunk.places.has(address)) chunk.places.set(address, chunk.places.size);
      }
      parts.push({ addresses: part, chunk });
    }
    return parts;
  }

  async function answer(
    { options, deadlineMs }: Request,
    parts: readonly { readonly addresses: readonly Address[]; readonly chunk: Chunk }[],
  ): Promise<AccountsRead> {
    const { signal, ...rest } = options;
    const answers = await Promise.all(
      parts.map(({ chunk }) =>
        chunkCalls.join(
          {
            key: String(chunk.id),
            priority: options.priority ?? DEFAULT_PRIORITY,
            urgent: options.urgent ?? false,
            deadlineMicros: clock.monotonicMicros() + deadlineMs * 1_000,
            deadlineMs,
            signal,
            method: 'getMultipleAccounts',
            host,
          },
          (chunkSignal) =>
            // Read when it is sent, by which time the chunk is complete.
            fetch([...chunk.places.keys()], { ...rest, deadlineMs, signal: chunkSignal }),
        ),
      ),
    );
    return joined(parts.map(({ addresses, chunk }, i) => picked(answers[i]!, addresses, chunk)));
  }

  return {
    get merged() {
      return merged;
    },
    getMultipleAccounts(addresses, options) {
      const { signal: _, deadlineMs = params.deadlineMs, ...same } = options;
      const key = JSON.stringify(same);
      return new Promise((resolve) => {
        const request: Request = { addresses, options, deadlineMs, resolve };
        const group = groups.get(key);
        if (group !== undefined) {
          group.push(request);
          return;
        }
        groups.set(key, [request]);
        queueMicrotask(() => flush(key));
      });
    },
  };
}

/** What one caller asked for, out of the answer for all of the chunk. */
function picked(answer: AccountsRead, addresses: readonly Address[], { places }: Chunk): AccountsRead {
  const at = addresses.map((address) => places.get(address)!);
  const { slot, slots } = answer;
  const unreadable = new Map<number, string>();
  for (const [i, place] of at.entries()) {
    const why = answer.unreadable?.get(place);
    if (why !== undefined) unreadable.set(i, why);
  }
  return {
    slot,
    accounts: at.map((place) => answer.accounts[place]!),
    ...(slots === undefined ? {} : { slots: at.map((place) => slots[place]!) }),
    ...(unreadable.size === 0 ? {} : { unreadable }),
  };
}
