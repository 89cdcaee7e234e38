import { CLOCK_SYSVAR } from '../../../core/address.ts';
import { slotsOf } from '../../../core/chain-parameters.ts';
import type { Clock } from '../../../core/clock.ts';
import { decodeChainClock } from '../../../market/chain-clock.ts';
import type { Commitment, RpcClient } from '../../rpc/rpc-client.ts';
import { orFailure } from '../connection/snapshot.ts';
import type { StreamConnection } from '../connection/stream-connection.ts';
import type { ClockWitness } from '../witness/clock-witness.ts';
import { SlotLead } from './slot-lead.ts';

export interface SlotProbeOptions {
  readonly rpc: RpcClient;
  readonly clock: Clock;
  readonly commitment: Commitment;
  readonly everyMs: number;
  readonly maxSlotLag: number;
  /** The slot time as far as it is known. */
  readonly slotMicros: () => number;
  readonly clockWitness: ClockWitness;
  readonly connections: () => readonly StreamConnection[];
  /** False: HTTP's slot cannot be, and nobody is to be judged by it. */
  readonly onSlot: (slot: number) => boolean;
  /** What HTTP says of the clock is known to the witness. */
  readonly onClock: () => void;
  /** Nobody else has reached its slots: from here on it is not heard. */
  readonly onAhead: (endpoint: string, reason: string) => void;
  readonly onHeard: (endpoint: string) => void;
  /** Its slots have gone back. `nobodyThere`: nor does anybody else say any more that they had got so far. */
  readonly onBack: (connection: StreamConnection, reason: string, nobodyThere: boolean) => void;
}

/** How far machines of one chain may be apart: WebSocket and HTTP are different ones with most providers. */
const APART_MS = 3_200;
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
  /** Nobody else has reached its slots. */
  isAhead(endpoint: string): boolean;
  /** Slots that machines of one chain may be apart, at the present slot time. */
  apartMax(): number;
  stop(): void;
}

export function createSlotProbe(options: SlotProbeOptions): SlotProbe {
  const { rpc, clock, commitment, everyMs, maxSlotLag, clockWitness } = options;
  const abort = new AbortController();
  const suspects = new Map<StreamConnection, number>();
  let timer: NodeJS.Timeout | undefined;
  let urgent: NodeJS.Timeout | undefined;
  let askedMicros = Number.NEGATIVE_INFINITY;
  let asking = false;
  const common = {
    commitment,
    signal: abort.signal,
    priority: 'confirmation',
    deadlineMs: DEADLINE_MS,
  } as const;
  const lead = new SlotLead({
    ...options,
    reached: async () => (await askEach()).flatMap(({ slot }) => (slot === undefined ? [] : [slot])),
    apartMax,
    newestOf,
  });

  async function probe(): Promise<void> {
    if (asking || abort.signal.aborted) return;
    asking = true;
    askedMicros = clock.monotonicMicros();
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
    for (const connection of options.connections()) {
      const told = newestOf(connection);
      if (!connection.isLive || told < 0 || told >= slot - maxSlotLag) {
        suspects.delete(connection);
        continue;
      }
      const times = (suspects.get(connection) ?? 0) + 1;
      suspects.set(connection, times);
      if (times < 2) continue;
      suspects.delete(connection);
      void fallBehind(connection, slot - told);
    }
    lead.look(slot);
    if (suspects.size > 0 || lead.isSuspicious) ask();
  }

  /**
   * HTTP is whoever answered: one of several may itself be where nobody is. Its word stands unless its own connections
   * have told slots that are far behind it; the word of the endpoint's own HTTP side always does.
   */
  async function fallBehind(connection: StreamConnection, slots: number): Promise<void> {
    const said = await askEach();
    if (said.length > 0) {
      if (abort.signal.aborted || !connection.isLive) return;
      const told = newestOf(connection);
      const isSo = said.some(({ name, slot = -1 }) => {
        if (told >= slot - maxSlotLag) return false;
        return name === connection.options.endpoint.name || !isDenied(name, slot);
      });
      if (!isSo && said.some(({ slot }) => slot !== undefined)) return;
    }
    connection.fallBehind(`${slots} slots behind HTTP`);
  }

  /** Each of several HTTP sides by itself, by the clock that it gives: that is harder to get wrong than a number. */
  async function askEach(): Promise<readonly { readonly name: string; readonly slot: number | undefined }[]> {
    const names = rpc.endpoints ?? [];
    if (names.length < 2) return [];
    return await Promise.all(
      names.map(async (name) => {
        const answer = await orFailure(rpc.getAccount(CLOCK_SYSVAR, { ...common, only: name }));
        return {
          name,
          slot: typeof answer === 'string' ? undefined : decodeChainClock(answer.account)?.slot,
        };
      }),
    );
  }

  function isDenied(endpoint: string, slot: number): boolean {
    const own = options
      .connections()
      .filter((connection) => connection.options.endpoint.name === endpoint && connection.isOpen);
    const told = Math.max(-1, ...own.map(newestOf));
    return told >= 0 && told < slot - apartMax();
  }

  function apartMax(): number {
    return slotsOf({ slotMicros: options.slotMicros() }, APART_MS);
  }

  /** What it has told, at the commitment that HTTP is asked for. */
  function newestOf({ slots: { highestSlot }, heartbeat }: StreamConnection): number {
    return commitment === 'processed' ? highestSlot : heartbeat;
  }

  function ask(): void {
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
  }

  return {
    start() {
      timer ??= setInterval(() => void probe(), everyMs);
      timer.unref();
    },
    ask,
    isAhead: (endpoint) => lead.isAhead(endpoint),
    apartMax,
    stop() {
      clearInterval(timer);
      clearTimeout(urgent);
      abort.abort();
    },
  };
}
