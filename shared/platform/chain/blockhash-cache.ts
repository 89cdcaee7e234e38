import { orFailure } from '../feed/connection/snapshot.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';

export interface BlockhashCacheOptions {
  readonly rpc: RpcClient;
  /** Slots after which a new one is fetched. Default 4. */
  readonly refreshSlots?: number;
  /** Slots after which it is not given out any more. Default 16; the chain takes one for 150 blocks. */
  readonly maxAgeSlots?: number;
}

/** A blockhash to sign with. */
export interface CachedBlockhash {
  readonly blockhash: string;
  /** A transaction with it can land in no block higher than this. */
  readonly lastValidBlockHeight: number;
  /** The slot that it was read at. */
  readonly slot: number;
}

export interface BlockhashStatus {
  /** Slots since the held one was read; -1 before the first. */
  readonly ageSlots: number;
  readonly lastValidBlockHeight: number;
  readonly fetches: number;
  readonly failures: number;
  /** Why the last fetch failed; '' when it did not. */
  readonly reason: string;
}

/**
 * The latest blockhash, at hand when a transaction is signed and never older than `maxAgeSlots`. The slots drive it:
 * nothing is fetched while the chain stands still, and one fetch is under way at a time.
 */
export interface BlockhashCache {
  /** A slot has begun. Cheap; fetches in the background. */
  onSlot(slot: number): void;
  /** Undefined when there is none that is new enough. */
  latest(): CachedBlockhash | undefined;
  status(): BlockhashStatus;
  stop(): void;
}

export function createBlockhashCache(options: BlockhashCacheOptions): BlockhashCache {
  const { rpc, refreshSlots = 4, maxAgeSlots = 16 } = options;
  const abort = new AbortController();
  let held: CachedBlockhash | undefined;
  let slot = -1;
  let fetching = false;
  let fetches = 0;
  let failures = 0;
  let reason = '';

  async function fetch(): Promise<void> {
    fetching = true;
    fetches++;
    // Confirmed: one of a fork that is left could never land.
    const read = await orFailure(rpc.getLatestBlockhash({ commitment: 'confirmed', signal: abort.signal }));
    fetching = false;
    if (abort.signal.aborted) return;
    if (typeof read === 'string') {
      failures++;
      reason = read;
      return;
    }
    reason = '';
    // Several endpoints may answer by turns: an older answer never replaces a newer one.
    if (held === undefined || read.lastValidBlockHeight >= held.lastValidBlockHeight) held = read;
  }

  const age = (): number => (held === undefined ? -1 : Math.max(0, slot - held.slot));

  return {
    onSlot(begun) {
      if (begun > slot) slot = begun;
      if (!fetching && (held === undefined || age() >= refreshSlots)) void fetch();
    },
    latest: () => (held !== undefined && age() <= maxAgeSlots ? held : undefined),
    status: () => ({
      ageSlots: age(),
      lastValidBlockHeight: held?.lastValidBlockHeight ?? 0,
      fetches,
      failures,
      reason,
    }),
    stop: () => abort.abort(),
  };
}
