import { CLOCK_SYSVAR } from '../core/address.ts';
import { slotsOf } from '../core/chain-parameters.ts';
import type { Clock } from '../core/clock.ts';
import type { ClockWitness } from './clock-witness.ts';
import type { Commitment, RpcClient } from './rpc-client.ts';
import type { Shard } from './shard.ts';
import { orFailure } from './snapshot.ts';

export interface SlotProbeOptions {
  readonly rpc: RpcClient;
  readonly clock: Clock;
  readonly commitment: Commitment;
  readonly everyMs: number;
  readonly maxSlotLag: number;
  /** The slot time as far as it is known. */
  readonly slotMicros: () => number;
  readonly clockWitness: ClockWitness;
  readonly shards: () => readonly Shard[];
  /** False: HTTP's slot cannot be, and nobody is to be judged by it. */
  readonly onSlot: (slot: number) => boolean;
  /** What HTTP says of the clock is known to the witness. */
  readonly onClock: () => void;
  /** Its slots are ahead of HTTP's and of every other endpoint's. */
  readonly onAhead: (shard: Shard, reason: string) => void;
}

/** How far a WebSocket may be ahead of HTTP: they are different machines with most providers. */
const AHEAD_MS = 3_200;
/** Questions that cannot wait for the next round come at most so often. */
const URGENT_EVERY_MS = 250;
const DEADLINE_MS = 2_000;

/**
 * Holds the connections against the node's HTTP side, whatever their state: what is known of the chain is refreshed while
 * everything is down too. A connection that is late as a whole, slots and clock alike, cannot be told by what it says
 * itself.
 */
export interface SlotProbe {
  start(): void;
  /** Something is in question: HTTP is asked now. */
  ask(): void;
  stop(): void;
}

export function createSlotProbe(options: SlotProbeOptions): SlotProbe {
  const { rpc, clock, commitment, everyMs, maxSlotLag, clockWitness } = options;
  const abort = new AbortController();
  const suspects = new Map<Shard, number>();
  let timer: NodeJS.Timeout | undefined;
  let urgent: NodeJS.Timeout | undefined;
  let askedMicros = Number.NEGATIVE_INFINITY;
  let asking = false;

  async function probe(): Promise<void> {
    if (asking || abort.signal.aborted) return;
    asking = true;
    askedMicros = clock.monotonicMicros();
    const common = {
      commitment,
      signal: abort.signal,
      priority: 'confirmation',
      deadlineMs: DEADLINE_MS,
    } as const;
    const [slot, account] = await Promise.all([
      orFailure(rpc.getSlot(common)),
      clockWitness.isOpen ? orFailure(rpc.getAccount(CLOCK_SYSVAR, common)) : undefined,
    ]);
    asking = false;
    if (abort.signal.aborted) return;
    if (typeof account === 'object') {
      clockWitness.hearAnswer(account.slot, account.account, clock.monotonicMicros());
      options.onClock();
    }
    if (typeof slot === 'string') return;
    // What waits in the sockets was said before this answer.
    setImmediate(() => {
      if (options.onSlot(slot)) judge(slot);
    });
  }

  function judge(slot: number): void {
    const shards = options.shards();
    for (const shard of shards) {
      const told = newestOf(shard);
      const judged = shard.isLive && told >= 0;
      const behind = judged && told < slot - maxSlotLag;
      const ahead = judged && told > slot + aheadMax() && !isSupported(shard, shards);
      if (!behind && !ahead) {
        suspects.delete(shard);
        continue;
      }
      const times = (suspects.get(shard) ?? 0) + 1;
      suspects.set(shard, times);
      if (times < 2) continue;
      suspects.delete(shard);
      if (behind) shard.fallBehind(`${slot - told} slots behind HTTP`);
      else options.onAhead(shard, `slots ${told - slot} ahead of HTTP and of every other endpoint`);
    }
  }

  function aheadMax(): number {
    return slotsOf({ slotMicros: options.slotMicros() }, AHEAD_MS);
  }

  /** What it has told, at the commitment that HTTP is asked for. */
  function newestOf({ slots: { highestSlot }, heartbeat }: Shard): number {
    return commitment === 'processed' ? highestSlot : heartbeat;
  }

  function isSupported(shard: Shard, shards: readonly Shard[]): boolean {
    return shards.some(
      (other) =>
        other.options.endpoint !== shard.options.endpoint && newestOf(other) >= newestOf(shard) - aheadMax(),
    );
  }

  return {
    start() {
      timer ??= setInterval(() => void probe(), everyMs);
      timer.unref();
    },
    ask() {
      if (urgent !== undefined || timer === undefined) return;
      const sinceMs = (clock.monotonicMicros() - askedMicros) / 1_000;
      urgent = setTimeout(
        () => {
          urgent = undefined;
          void probe();
        },
        Math.max(0, Math.min(everyMs, URGENT_EVERY_MS) - sinceMs),
      );
      urgent.unref();
    },
    stop() {
      clearInterval(timer);
      clearTimeout(urgent);
      abort.abort();
    },
  };
}
