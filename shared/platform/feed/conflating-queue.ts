import type { Address } from '../../core/address.ts';
import type { Clock } from '../../core/clock.ts';
import type { MarketEvent } from '../../engine/event.ts';

export interface ConflatingQueueOptions {
  readonly clock: Clock;
  readonly onEvent: (event: MarketEvent) => void;
  /** How long events are handled at once in one turn before the rest of the turn's only wait. Default 8 ms. */
  readonly turnMicros?: number;
  /** Events that may wait; beyond it accounts are lost instead. */
  readonly maxWaiting?: number;
  /** Accounts whose waiting states were thrown away because too much waited. */
  readonly onOverflow: (addresses: readonly Address[]) => void;
}

interface Node {
  event: MarketEvent | undefined;
}

/**
 * Between the sockets and the engine. While the engine keeps up, an event goes straight through, in the turn of its
 * frame. When a turn has taken too long, events wait for the next one, and an account's state of a newer slot takes
 * the place of its older one, which is dropped.
 *
 * The order that coherence needs holds: what an account comes to in a slot is never told later than it would have
 * been, so when a slot is told, everything of its parent has been; a state may come before the slot that it is from,
 * which the market sees by its slot. States of one slot never replace each other: the market counts them to know
 * whether the accounts of one swap fit together.
 */
export class ConflatingQueue {
  /** States that a newer one has replaced before they were told. */
  dropped = 0;
  /** Times that too much waited. */
  overflows = 0;
  /** Most that ever waited. */
  peak = 0;
  readonly #options: ConflatingQueueOptions;
  readonly #turnMicros: number;
  readonly #maxWaiting: number;
  #waiting: Node[] = [];
  #next = 0;
  #live = 0;
  readonly #byAccount = new Map<Address, Node[]>();
  #turnFromMicros = -1;
  #stopped = false;

  constructor(options: ConflatingQueueOptions) {
    this.#options = options;
    this.#turnMicros = options.turnMicros ?? 8_000;
    this.#maxWaiting = options.maxWaiting ?? 50_000;
  }

  get size(): number {
    return this.#live;
  }

  push(event: MarketEvent): void {
    if (this.#stopped) return;
    if (this.#live === 0 && this.#hasTime()) {
      if (this.#waiting.length > 0) this.#clear();
      this.#options.onEvent(event);
      return;
    }
    if (event.kind === 'account') {
      if (this.#live >= this.#maxWaiting) this.#overflow(event.update.address);
      else this.#wait(event.update.address, event.update.slot, event);
    } else if (event.kind === 'lost') {
      // At once, and what waits of these accounts is void: to be late with this is to trade on it.
      for (const address of event.addresses) this.#void(address);
      this.#options.onEvent(event);
    } else if (event.kind === 'feed' && !event.live) {
      this.#clear();
      this.#options.onEvent(event);
    } else {
      this.#append({ event });
    }
  }

  /** Tells nothing any more. */
  stop(): void {
    this.#stopped = true;
    this.#clear();
  }

  #hasTime(): boolean {
    const now = this.#options.clock.monotonicMicros();
    if (this.#turnFromMicros < 0) {
      this.#turnFromMicros = now;
      setImmediate(this.#endTurn);
      return true;
    }
    return now - this.#turnFromMicros < this.#turnMicros;
  }

  readonly #endTurn = (): void => {
    this.#turnFromMicros = -1;
    if (this.#live === 0 || this.#stopped) return;
    const from = this.#options.clock.monotonicMicros();
    // The sockets are read between two immediates: what they bring meanwhile waits behind this.
    this.#turnFromMicros = from;
    setImmediate(this.#endTurn);
    while (this.#live > 0 && this.#options.clock.monotonicMicros() - from < this.#turnMicros)
      this.#tellNext();
  };

  #tellNext(): void {
    const node = this.#waiting[this.#next++];
    if (this.#next >= this.#waiting.length) {
      this.#waiting = [];
      this.#next = 0;
    }
    const event = node?.event;
    if (node === undefined || event === undefined) return;
    node.event = undefined;
    this.#live--;
    if (event.kind === 'account') this.#forget(event.update.address, node);
    this.#options.onEvent(event);
  }

  #wait(address: Address, slot: number, event: MarketEvent): void {
    const nodes = this.#byAccount.get(address);
    const first = nodes?.[0];
    const held = first?.event;
    if (nodes === undefined || first === undefined || held?.kind !== 'account') {
      this.#byAccount.set(address, [this.#append({ event })]);
      return;
    }
    if (slot < held.update.slot) {
      this.dropped++;
      return;
    }
    if (slot === held.update.slot) {
      nodes.push(this.#append({ event }));
      return;
    }
    this.dropped += nodes.length;
    for (let i = 1; i < nodes.length; i++) {
      nodes[i]!.event = undefined;
      this.#live--;
    }
    nodes.length = 1;
    first.event = event;
  }

  #append(node: Node): Node {
    this.#waiting.push(node);
    this.#live++;
    if (this.#live > this.peak) this.peak = this.#live;
    return node;
  }

  /** More waits than can be held: the accounts are given up, and `newest` with them; the slots stay. */
  #overflow(newest: Address): void {
    this.overflows++;
    this.dropped++;
    const addresses = [...new Set([...this.#byAccount.keys(), newest])];
    for (const address of addresses) this.#void(address);
    this.#waiting = this.#waiting.slice(this.#next).filter((node) => node.event !== undefined);
    this.#next = 0;
    this.#options.onOverflow(addresses);
  }

  #void(address: Address): void {
    const nodes = this.#byAccount.get(address);
    if (nodes === undefined) return;
    this.#byAccount.delete(address);
    for (const node of nodes) {
      node.event = undefined;
      this.#live--;
      this.dropped++;
    }
  }

  #forget(address: Address, node: Node): void {
    const nodes = this.#byAccount.get(address);
    if (nodes === undefined) return;
    const at = nodes.indexOf(node);
    if (at >= 0) nodes.splice(at, 1);
    if (nodes.length === 0) this.#byAccount.delete(address);
  }

  #clear(): void {
    this.dropped += this.#live;
    this.#waiting = [];
    this.#next = 0;
    this.#live = 0;
    this.#byAccount.clear();
  }
}
