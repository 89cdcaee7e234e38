import type { Clock } from '../../../core/clock.ts';
import type { StreamConnection } from '../connection/stream-connection.ts';
import type { SlotLine, ToldSlot } from './slot-line.ts';

export interface LagWatchOptions {
  readonly clock: Clock;
  readonly line: SlotLine;
  /** How late a slot's clock may come after the next slot was told anywhere. */
  readonly maxLagMs: number;
  /** Slots that a connection's notifications may be behind the newest. */
  readonly maxSlotLag: number;
  /** Accounts are told as they are processed, not when their slot is confirmed or finalized. */
  readonly isProcessed: boolean;
  readonly connections: () => Iterable<StreamConnection>;
  /** The slot time as far as it is known. */
  readonly slotMicros: () => number;
  /** This process got no turn for so long: what waits in its sockets is old, and so is all that is held. */
  readonly onStall: (ms: number) => void;
}

/** Finds the connections that tell old news while they seem to be well. */
export interface LagWatch {
  start(): void;
  /** A frame came: this process has its turn. To be told before the frame is acted on. */
  turn(nowMicros: number): void;
  /** A slot was told for the first time on any connection. */
  onNewSlot(told: ToldSlot): void;
  /** A clock came: how late, and whether a connection that was behind has caught up. */
  onHeartbeat(connection: StreamConnection, slot: number, atMicros: number): void;
  stop(): void;
}

/** How often this process is seen to get its turn. */
const TURN_MS = 100;
/** A stall that is shorter is none, however short the slots are. */
const STALL_LEAST_MICROS = 1_000_000;
/** Turns of the event loop in which sockets are read before a connection is judged. */
const READ_TURNS_MAX = 8;

/**
 * The clock sysvar changes in every slot, so it is each connection's heartbeat: once a slot is told to have begun,
 * the clock of its parent must have been told. An account that nobody touches is not late; a connection without its
 * heartbeat is, whatever else it tells.
 *
 * At a later commitment the clock comes when its slot is confirmed or finalized, however long that takes the chain: it may
 * even pause. There a connection is late when others have told clocks that it has not, and by what HTTP says of the
 * commitment (`slot-probe.ts`).
 */
export function createLagWatch(options: LagWatchOptions): LagWatch {
  const { clock, line, maxLagMs, maxSlotLag, isProcessed, connections } = options;
  const timers = new Set<NodeJS.Timeout>();

  /** Undefined when all is well. */
  function lateness(connection: StreamConnection, told: ToldSlot): string | undefined {
    const parent = line.at(told.parent);
    // Only what was subscribed before the parent's own beginning must have heard all of it.
    if (parent === undefined || connection.heardSinceMicros > parent.atMicros) return undefined;
    if (connection.slots.highestSlot < told.slot - maxSlotLag - 1) {
      return `${told.slot - connection.slots.highestSlot} slots behind`;
    }
    if (!isProcessed) {
      const newest = newestHeartbeat();
      const behind = newest - connection.heartbeat;
      return behind > maxSlotLag + 1 ? `its clock is ${behind} slots behind another's` : undefined;
    }
    if (connection.heartbeat >= told.parent) return undefined;
    const lateMs = Math.round((clock.monotonicMicros() - told.atMicros) / 1_000);
    return `the clock of slot ${told.parent} is ${lateMs} ms late`;
  }

  function newestHeartbeat(): number {
    let newest = -1;
    for (const connection of connections())
      if (connection.isCurrent) newest = Math.max(newest, connection.heartbeat);
    return newest;
  }

  /** After a stall of this process timers fire before the sockets are read: what waits there is heard first. */
  function judge(told: ToldSlot, turn: number, framesBefore: number): void {
    setImmediate(() => {
      if (timers.size === 0 && stopped) return;
      const late = [...connections()].filter(
        (connection) => connection.isCurrent && lateness(connection, told) !== undefined,
      );
      if (late.length === 0) return;
      const frames = late.reduce((sum, connection) => sum + connection.counters.frames, 0);
      if (turn < READ_TURNS_MAX && frames !== framesBefore) return judge(told, turn + 1, frames);
      for (const connection of late) connection.fallBehind(lateness(connection, told) ?? 'behind');
    });
  }

  /** What it has told is what it should have by now. */
  function hasCaughtUp(connection: StreamConnection, slot: number, atMicros: number): boolean {
    if (connection.slots.highestSlot < line.newest - maxSlotLag - 1) return false;
    if (!isProcessed) return slot >= newestHeartbeat() - maxSlotLag;
    const due = line.toldBefore(atMicros, maxLagMs * 1_000);
    return due === undefined || slot >= due.parent;
  }

  /** The sockets may be read before any timer fires: each frame looks at it too, before anything of it is acted on. */
  function turn(nowMicros: number): void {
    const stoodMicros = nowMicros - turnedMicros;
    turnedMicros = nowMicros;
    if (stoodMicros < STALL_LEAST_MICROS) return;
    if (stoodMicros > (maxSlotLag + 1) * options.slotMicros()) options.onStall(stoodMicros / 1_000);
  }

  let stopped = false;
  let turns: NodeJS.Timeout | undefined;
  let turnedMicros = Number.POSITIVE_INFINITY;
  return {
    turn,
    start() {
      turnedMicros = clock.monotonicMicros();
      turns ??= setInterval(() => turn(clock.monotonicMicros()), TURN_MS);
      turns.unref();
    },
    onNewSlot(told) {
      const timer = setTimeout(() => {
        timers.delete(timer);
        judge(told, 0, -1);
      }, maxLagMs);
      timers.add(timer);
    },
    onHeartbeat(connection, slot, atMicros) {
      const next = line.at(line.newest);
      connection.lagMs =
        next !== undefined && next.parent === slot ? Math.max(0, (atMicros - next.atMicros) / 1_000) : 0;
      if (connection.isBehind && hasCaughtUp(connection, slot, atMicros)) connection.catchUp();
    },
    stop() {
      stopped = true;
      clearInterval(turns);
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
