import type { Clock } from '../../../core/clock.ts';
import type { Commitment, RpcClient } from '../../rpc/rpc-client.ts';
import type { StreamConnection } from '../connection/stream-connection.ts';
import type { StreamLog } from '../stream-counters.ts';
import { ChainPosition, HTTP_VOICE, slotDisagreementMax } from '../witness/chain-position.ts';
import type { ClockWitness } from '../witness/clock-witness.ts';
import { createLagWatch } from './lag-watch.ts';
import { SlotBarrier } from './slot-barrier.ts';
import { SlotLine, type ToldSlot } from './slot-line.ts';
import { createSlotProbe } from './slot-probe.ts';

export interface ChainCourseOptions {
  readonly clock: Clock;
  readonly rpc: RpcClient;
  readonly commitment: Commitment;
  readonly lanes: number;
  readonly waitsForAll: boolean;
  readonly maxLagMs: number;
  readonly maxSlotLag: number;
  /** The slot time as far as it is known. */
  readonly slotMicros: () => number;
  readonly probeMs: number;
  readonly clockWitness: ClockWitness;
  readonly connections: () => readonly StreamConnection[];
  readonly log: StreamLog;
  /** Everything before `slot` was said by every connection that is well. */
  readonly onOver: (slot: number) => void;
  /** The market hears of it: what it needs of the parent has been told. */
  readonly onSlot: (told: ToldSlot) => void;
  /** The chain has left these slots. */
  readonly onLeft: (slots: readonly number[]) => void;
  /** On this connection the slot has begun once more, with another block. */
  readonly onSecondBank: (connection: StreamConnection, slot: number) => void;
  /** An endpoint told what is not so. */
  readonly onLie: (endpoint: string, why: string) => void;
  /** What was known of the chain was overruled: it is elsewhere, or its clock was corrected. */
  readonly onOverruled: (what: 'slot' | 'clock') => void;
}

/**
 * Where the chain is and how it goes on, as all connections and HTTP tell it: which slots there are, which are over, who
 * is late, and who is to be believed where they differ.
 */
export class ChainCourse {
  readonly line = new SlotLine();
  readonly #options: ChainCourseOptions;
  readonly #position: ChainPosition;
  readonly #barrier: SlotBarrier;
  readonly #lag: ReturnType<typeof createLagWatch>;
  readonly #probe: ReturnType<typeof createSlotProbe>;

  constructor(options: ChainCourseOptions) {
    this.#options = options;
    this.#position = new ChainPosition(options.slotMicros);
    const { line } = this;
    const { clock, rpc, commitment, lanes, waitsForAll, maxLagMs, maxSlotLag, clockWitness, connections } =
      options;
    const isProcessed = commitment === 'processed';
    this.#barrier = new SlotBarrier({
      line,
      lanes,
      connections,
      waitsForAll,
      isProcessed,
      onOver: options.onOver,
      onSlot: options.onSlot,
    });
    this.#lag = createLagWatch({
      clock,
      line,
      maxLagMs,
      maxSlotLag,
      isProcessed,
      connections,
      slotMicros: options.slotMicros,
      onStall: (ms) => {
        options.log('stream.stalled', { ms: Math.round(ms) });
        for (const connection of connections())
          connection.stall(`this process stood still for ${Math.round(ms)} ms`);
        this.#probe.ask();
      },
    });
    this.#probe = createSlotProbe({
      rpc,
      clock,
      commitment,
      everyMs: options.probeMs,
      maxSlotLag,
      slotMicros: options.slotMicros,
      clockWitness,
      connections,
      onSlot: (slot) => this.onHttpSlot(slot),
      onClock: () => this.#ruleOnClock(),
      onAhead: (endpoint, reason) => {
        options.log('stream.slots-ahead', { endpoint, reason });
        for (const connection of connections())
          if (connection.options.endpoint.name === endpoint) connection.fallBehind(reason);
        this.#begunElsewhere();
      },
      onHeard: (endpoint) => options.log('stream.slots-heard', { endpoint }),
      onBack: (connection, reason, nobodyThere) => {
        connection.dropForSlots(reason);
        if (nobodyThere) this.#begunElsewhere();
      },
    });
  }

  start(): void {
    this.#probe.start();
    this.#lag.start();
  }

  stop(): void {
    this.#probe.stop();
    this.#lag.stop();
  }

  /** True when nobody who is near the chain would say so. */
  isFar(slot: number): boolean {
    return this.#position.slot >= 0 && Math.abs(slot - this.#position.slot) > this.#disagreementMax();
  }

  /** Whether an account may be of this slot: it has begun, as far as this connection and the others say, or is about to. */
  mayBe(connection: StreamConnection, slot: number): boolean {
    return slot <= this.line.newest || slot <= this.begunOn(connection) + this.#probe.apartMax();
  }

  /** Whether the slot has begun, by what this connection and the others tell. */
  hasBegun(connection: StreamConnection, slot: number): boolean {
    return slot <= this.line.newest || slot <= this.begunOn(connection);
  }

  /** The newest slot that has begun, by what this connection and the others tell, or by what was known before they did. */
  begunOn({ slots, options: { endpoint } }: StreamConnection): number {
    const own = this.#probe.isAhead(endpoint.name) ? -1 : slots.highestSlot;
    const told = Math.max(own, this.line.newest);
    return told >= 0 ? told : this.#position.reach(this.#options.clock.monotonicMicros());
  }

  /** False when it cannot be, as far as is known. */
  onHttpSlot(slot: number): boolean {
    const near = this.#position.hear(HTTP_VOICE, slot, this.#options.clock.monotonicMicros()) === 'near';
    if (this.#position.isOpen) this.#ruleOnPosition();
    return near;
  }

  /** A frame came, and is not acted on yet. */
  onFrame(atMicros: number): void {
    this.#lag.turn(atMicros);
  }

  /** A connection told a slot. False: nothing else that it tells is to be believed before that is settled. */
  onSlot(
    connection: StreamConnection,
    slot: number,
    parent: number,
    before: number,
    atMicros: number,
  ): boolean {
    const { endpoint } = connection.options;
    if (this.#probe.isAhead(endpoint.name)) {
      connection.fallBehind('its slots are ahead of everybody else’s');
      return false;
    }
    const known = this.#position.slot;
    if (this.#position.hear(endpoint.name, slot, atMicros) === 'far') {
      connection.fallBehind(`slot ${slot} is far from ${known}`);
      this.#probe.ask();
      this.#ruleOnPosition();
      return false;
    }
    if (this.#position.isOpen) this.#ruleOnPosition();
    if (this.line.newest >= 0 && Math.abs(slot - this.line.newest) > this.#disagreementMax()) this.forget();
    const told = this.line.at(slot);
    if (told?.parent !== parent) this.#tellLine(slot, parent, atMicros);
    // Told twice by one connection: a second bank of the slot. What came of the first may never have been.
    else if (slot === before) this.#options.onSecondBank(connection, slot);
    // Before its first, the slot that was open at its snapshot is the last of which it need not have told. A snapshot at a
    // later commitment is older than the slots.
    const first = this.#options.commitment === 'processed' ? connection.reliedFrom + 1 : 0;
    const heard = before >= 0 ? before : first;
    if (heard > 0 && parent > heard) connection.distrust(`slot-gap: ${parent} was not told`);
    return true;
  }

  onHeartbeat(connection: StreamConnection, slot: number, atMicros: number): void {
    if (this.#probe.isAhead(connection.options.endpoint.name)) return;
    if (this.#options.clockWitness.isOpen) this.#ruleOnClock();
    this.#lag.onHeartbeat(connection, slot, atMicros);
  }

  /** A connection told a clock that was not to be expected. */
  onOddClock(connection: StreamConnection, why: string): void {
    connection.fallBehind(why);
    this.#probe.ask();
    this.#ruleOnClock();
  }

  /** What can be told now is told. */
  advance(): void {
    this.#barrier.advance();
  }

  /** The market starts anew: it hears what is over, and the slot if one is known. */
  restart(): void {
    this.#barrier.reset();
    this.#barrier.advance();
  }

  /** The first slot of which this connection, or another that is relied on, may still tell something; -1: any. */
  overWith(connection: StreamConnection): number {
    return this.#barrier.overWith(connection);
  }

  /** Nobody listens any more, or the chain went on elsewhere: the slots so far say nothing of those to come. */
  forget(): void {
    this.line.reset();
    this.#barrier.reset();
  }

  /** What was told of slots so far was not so: nothing of it is to be waited for. */
  #begunElsewhere(): void {
    this.forget();
    this.#options.clockWitness.reset();
    this.#options.onOverruled('slot');
  }

  #disagreementMax(): number {
    return slotDisagreementMax(this.#options.slotMicros());
  }

  #tellLine(slot: number, parent: number, atMicros: number): void {
    const isNewest = slot > this.line.newest;
    const left = this.line.tell(slot, parent, atMicros);
    if (left.length > 0) this.#options.onLeft(left);
    const told = this.line.at(slot);
    if (isNewest && told !== undefined) this.#lag.onNewSlot(told);
  }

  #ruleOnPosition(): void {
    const { clock, log, onLie, onOverruled } = this.#options;
    const from = this.#position.slot;
    const { accepted, wrong } = this.#position.rule(clock.monotonicMicros());
    if (accepted !== undefined) {
      log('stream.chain-elsewhere', { from, to: accepted.slot });
      this.forget();
      // The clock of a chain that is elsewhere is another clock.
      this.#options.clockWitness.reset();
      onOverruled('slot');
    }
    for (const { name, claim } of wrong) {
      onLie(name, `slot ${claim?.slot ?? from} is far from ${accepted?.slot ?? from}`);
    }
  }

  #ruleOnClock(): void {
    const { clock, clockWitness, log, onLie, onOverruled } = this.#options;
    const { accepted, wrong } = clockWitness.rule(clock.monotonicMicros());
    if (accepted !== undefined) {
      log('stream.clock-corrected', { slot: accepted.slot, unixTimestamp: accepted.unixTimestamp });
      onOverruled('clock');
    }
    for (const { name } of wrong) onLie(name, 'told a clock that others do not have');
  }
}
