import type { Commitment, RpcClient } from './rpc-client.ts';
import type { Shard } from './shard.ts';
import { orFailure } from './snapshot.ts';

export interface SlotProbeOptions {
  readonly rpc: RpcClient;
  readonly commitment: Commitment;
  readonly everyMs: number;
  readonly maxSlotLag: number;
  readonly shards: () => readonly Shard[];
  readonly onSlot: (slot: number) => void;
  /** Its slots are ahead of HTTP's and of every other endpoint's. */
  readonly onAhead: (shard: Shard, reason: string) => void;
}

/** Slots that a WebSocket may be ahead of HTTP: they are different machines with most providers. */
const AHEAD_MAX = 8;

/**
 * Holds the connections against the node's HTTP side. A connection that is late as a whole, slots and clock alike,
 * cannot be told by what it says itself.
 */
export function createSlotProbe(options: SlotProbeOptions): { start(): void; stop(): void } {
  const { rpc, commitment, everyMs, maxSlotLag } = options;
  const abort = new AbortController();
  const suspects = new Map<Shard, number>();
  let timer: NodeJS.Timeout | undefined;
  let asking = false;

  async function probe(): Promise<void> {
    if (asking || !options.shards().some((shard) => shard.isLive)) return;
    asking = true;
    const slot = await orFailure(rpc.getSlot({ commitment, signal: abort.signal, priority: 'confirmation' }));
    asking = false;
    if (typeof slot === 'string' || abort.signal.aborted) return;
    options.onSlot(slot);
    // What waits in the sockets was said before this answer.
    setImmediate(() => judge(slot));
  }

  function judge(slot: number): void {
    const shards = options.shards();
    for (const shard of shards) {
      const { highestSlot } = shard.slots;
      const judged = shard.isLive && highestSlot >= 0;
      const behind = judged && highestSlot < slot - maxSlotLag;
      const ahead = judged && highestSlot > slot + AHEAD_MAX && !isSupported(shard, shards);
      if (!behind && !ahead) {
        suspects.delete(shard);
        continue;
      }
      const times = (suspects.get(shard) ?? 0) + 1;
      suspects.set(shard, times);
      if (times < 2) continue;
      suspects.delete(shard);
      if (behind) shard.fallBehind(`${slot - highestSlot} slots behind HTTP`);
      else options.onAhead(shard, `slots ${highestSlot - slot} ahead of HTTP and of every other endpoint`);
    }
  }

  function isSupported(shard: Shard, shards: readonly Shard[]): boolean {
    return shards.some(
      (other) =>
        other.options.endpoint !== shard.options.endpoint &&
        other.slots.highestSlot >= shard.slots.highestSlot - AHEAD_MAX,
    );
  }

  return {
    start() {
      timer ??= setInterval(() => void probe(), everyMs);
      timer.unref();
    },
    stop() {
      clearInterval(timer);
      abort.abort();
    },
  };
}
