import type { StreamConnection } from '../connection/stream-connection.ts';

export interface SlotLeadOptions {
  /** The slot that each HTTP side has reached that answers, asked by itself. Empty where there is but one. */
  readonly reached: () => Promise<readonly number[]>;
  readonly connections: () => readonly StreamConnection[];
  /** Slots that machines of one chain may be apart, at the present slot time. */
  readonly apartMax: () => number;
  /** The newest slot that a connection has told, at the commitment that HTTP is asked for; -1 where it has told none. */
  readonly newestOf: (connection: StreamConnection) => number;
  /** From here on what the endpoint says of slots is not heard. */
  readonly onAhead: (endpoint: string, reason: string) => void;
  /** It is heard again. */
  readonly onHeard: (endpoint: string) => void;
  /** Its slots have gone back. `nobodyThere`: nor does any other endpoint say any more that they had got so far. */
  readonly onBack: (connection: StreamConnection, reason: string, nobodyThere: boolean) => void;
}

const LOOKS = 2;

/**
 * Endpoints whose slots nobody else has reached. Either they tell what has not begun, or all others are late: that cannot be
 * proven, so nobody is called a liar. An endpoint whose WebSocket is ahead of every HTTP side, its own among them, and of
 * the other WebSockets is not heard until one of them has got as far, so that it keeps nobody else from being relied on.
 */
export class SlotLead {
  readonly #options: SlotLeadOptions;
  readonly #ahead = new Set<string>();
  readonly #looks = new Map<string, number>();

  constructor(options: SlotLeadOptions) {
    this.#options = options;
  }

  isAhead(endpoint: string): boolean {
    return this.#ahead.has(endpoint);
  }

  /** True where somebody may be found ahead by the next look. */
  get isSuspicious(): boolean {
    return this.#looks.size > 0;
  }

  /** HTTP has answered with this slot. */
  look(slot: number): void {
    const { connections, onBack } = this.#options;
    for (const connection of connections()) {
      const { lastSlot, highestSlot } = connection.slots;
      const from = highestSlot - this.#options.apartMax();
      if (!connection.isOpen || lastSlot < 0 || lastSlot >= from) continue;
      const others = [...this.#endpoints()].filter((name) => name !== connection.options.endpoint.name);
      const nobodyThere = slot < from && others.every((name) => this.#newest(name) < from);
      onBack(connection, `its slots went back from ${highestSlot} to ${lastSlot}`, nobodyThere);
    }
    for (const endpoint of this.#endpoints()) this.#judge(endpoint, slot);
  }

  #judge(endpoint: string, slot: number): void {
    const newest = this.#newest(endpoint);
    if (!this.#isAlone(endpoint, newest)) {
      this.#looks.delete(endpoint);
      // A connection that has told nothing yet says nothing of what it will tell.
      if (newest >= 0 && this.#ahead.delete(endpoint)) this.#options.onHeard(endpoint);
      return;
    }
    if (this.#ahead.has(endpoint)) return;
    const looks = (this.#looks.get(endpoint) ?? 0) + 1;
    this.#looks.set(endpoint, looks);
    if (looks < LOOKS) return;
    this.#looks.delete(endpoint);
    void this.#weigh(endpoint, newest, slot);
  }

  /** Each HTTP side is asked by itself: where one has got as far, it is the others who are late. */
  async #weigh(endpoint: string, newest: number, slot: number): Promise<void> {
    const { reached, apartMax, onAhead } = this.#options;
    const answers = await reached();
    const most = Math.max(...(answers.length > 0 ? answers : [slot]));
    if (most >= newest - apartMax() || !this.#isAlone(endpoint, newest)) return;
    this.#ahead.add(endpoint);
    onAhead(endpoint, `its slots are ${newest - most} ahead of HTTP and of every other endpoint`);
  }

  /** Others have told slots, and none has got as far. */
  #isAlone(endpoint: string, newest: number): boolean {
    const from = newest - this.#options.apartMax();
    let others = 0;
    for (const other of this.#endpoints()) {
      const told = other === endpoint ? -1 : this.#newest(other);
      if (told >= from) return false;
      if (told >= 0) others++;
    }
    return others > 0;
  }

  #endpoints(): ReadonlySet<string> {
    return new Set(this.#options.connections().map(({ options }) => options.endpoint.name));
  }

  /** Of its connections that are open. */
  #newest(endpoint: string): number {
    let newest = -1;
    for (const connection of this.#options.connections()) {
      if (connection.options.endpoint.name !== endpoint || !connection.isOpen) continue;
      newest = Math.max(newest, this.#options.newestOf(connection));
    }
    return newest;
  }
}
