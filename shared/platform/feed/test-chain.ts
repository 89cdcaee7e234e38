import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt, CLOCK_SYSVAR, TOKEN_PROGRAM } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import { clockAccount } from '../../market/chain-clock.ts';
import type { Commitment, ReadOptions, RpcClient } from '../rpc/rpc-client.ts';
import { SLOTS_TO_FINALIZED, type TestWire, type WireFault } from './test-wire.ts';
import type { FrameKind } from './wire/frame.ts';
import type { StreamMessage, StreamTransport, StreamTransportOptions } from './wire/stream-transport.ts';

const START_SLOT = 300_000_000;
export const KEPT_SLOTS = 200;

/** For tests: a chain in simulated time, and the wires by which endpoints tell it. Driven by (faked) timers alone. */
export interface TestChain {
  readonly accounts: readonly Address[];
  readonly slot: number;
  slotMs: number;
  /** Seconds that the chain's clock was corrected by so far. */
  correction: number;
  /** Slots are told, and nothing is confirmed any more. */
  commitmentsPaused: boolean;
  /** Only the clock moves: blocks hold votes alone. */
  votesOnly: boolean;
  /** The chain goes on at another slot, as after a restart. */
  jump(slots: number): void;
  /** What the account was at the end of a slot. */
  at(address: Address, slot: number): AccountBytes | null;
  wire(name: string): TestWire;
  transport(name: string, commitment: Commitment): StreamTransport;
  /** Asks whichever wire answers, in turn. */
  rpc(names: readonly string[]): RpcClient;
  stop(): void;
}

interface Connection {
  readonly options: StreamTransportOptions;
  readonly commitment: Commitment;
  readonly accounts: Map<number, Address>;
  slots: boolean;
  open: boolean;
  heardMs: number;
}

const unreachable = (): ArbError => new ArbError('rpc-unreachable', 'the node cannot be reached', {});

export function createTestChain(random: Random, count: number): TestChain {
  const accounts = Array.from({ length: count }, (_, i) => addressAt(new Uint8Array(32).fill(i + 1)));
  const states = new Map<number, ReadonlyMap<Address, AccountBytes>>();
  const changedIn = new Map<number, readonly Address[]>();
  const wires = new Map<string, TestWire & { readonly connections: Set<Connection> }>();
  let slot = START_SLOT;
  let passed = 0;
  let frozen = START_SLOT;
  let now = new Map(accounts.map((address) => [address, holding(0)]));
  let timer: NodeJS.Timeout | undefined;

  function holding(n: number): AccountBytes {
    const data = new Uint8Array(16);
    new DataView(data.buffer).setUint32(0, n);
    return { owner: TOKEN_PROGRAM, lamports: 1n, data };
  }

  function clockOf(at: number, by = chain.correction): AccountBytes {
    return clockAccount({ slot: at, epoch: 700, unixTimestamp: 1_700_000_000 + passed + by });
  }

  function step(): void {
    passed++;
    const changed: Address[] = [];
    if (!chain.votesOnly) {
      for (const address of accounts) {
        if (random.next() >= 0.3) continue;
        now.set(address, holding(passed * 1_000 + changed.length));
        changed.push(address);
      }
    }
    const written = new Map(now).set(CLOCK_SYSVAR, clockOf(slot));
    states.set(slot, written);
    changedIn.set(slot, [...changed, CLOCK_SYSVAR]);
    states.delete(slot - KEPT_SLOTS);
    changedIn.delete(slot - KEPT_SLOTS);
    now = new Map(now);
    slot++;
    for (const wire of wires.values()) for (const each of wire.connections) tell(wire, each);
    timer = setTimeout(step, chain.slotMs);
  }

  /** The newest slot that is over at a commitment. */
  function over(commitment: Commitment): number {
    if (commitment === 'processed') return slot - 1;
    return chain.commitmentsPaused
      ? frozen
      : slot - 1 - (commitment === 'confirmed' ? 1 : SLOTS_TO_FINALIZED);
  }

  function tell(wire: TestWire, connection: Connection): void {
    const { fault } = wire;
    // Behind, it tells what was then; ahead, it says of what is now that it is later.
    const ended = over(connection.commitment) + Math.min(0, wire.lead);
    const lead = Math.max(0, wire.lead);
    for (const address of changedIn.get(ended) ?? []) {
      const id = [...connection.accounts].find(([, one]) => one === address)?.[0];
      if (id === undefined) continue;
      const isClock = address === CLOCK_SYSVAR;
      if (fault === 'mute-accounts' || (fault === 'mute-some' && !isClock && random.next() < 0.5)) continue;
      let account: AccountBytes | null = states.get(ended)?.get(address) ?? null;
      if (fault === 'wrong-clock' && isClock) account = clockOf(ended, chain.correction + 900);
      if (fault === 'wrong-bytes' && !isClock) account = holding(4_000_000_000 - random.below(1_000));
      if (lead > 0 && isClock) account = clockOf(ended + lead);
      const told = { subscription: id, slot: ended + lead, account };
      deliver(wire, connection, 'account', told);
      if (fault !== 'dated-ahead' || isClock || random.below(4) > 0) continue;
      const early = [60, 1_000_000][random.below(2)]!;
      deliver(wire, connection, 'account', { ...told, slot: told.slot + early });
    }
    const lie = wire.lead + (fault === 'slots-ahead' ? 1_000_000 : 0);
    if (connection.slots) deliver(wire, connection, 'slot', { slot: slot + lie, parent: slot - 1 + lie });
  }

  function deliver(wire: TestWire, to: Connection, kind: FrameKind, message: Partial<StreamMessage>): void {
    const dropped = wire.fault === 'silent' || wire.fault === 'down';
    const lateMs = wire.fault === 'late' ? 1_500 : 0;
    if (dropped) return;
    setTimeout(() => {
      if (!to.open || wire.fault === 'silent') return;
      to.heardMs = Date.now();
      to.options.onMessage(kind, { ...EMPTY, ...message }, 100);
    }, wire.latencyMs + lateMs);
  }

  function connect(wire: TestWire & { readonly connections: Set<Connection> }, connection: Connection): void {
    const { options } = connection;
    const end = (reason: string, refused = false): void => {
      if (!wire.connections.delete(connection) && connection.open) return;
      connection.open = false;
      clearInterval(watchdog);
      options.onEnd({ reason, refused });
    };
    const watchdog = setInterval(() => {
      if (wire.fault === 'down' && connection.open) end('closed 1006');
      else if (connection.open && Date.now() - connection.heardMs > options.silenceMs * 1.25) end('silent');
    }, 100);
    setTimeout(() => {
      if (wire.fault === 'hang') {
        setTimeout(() => end('handshake-timeout'), options.handshakeTimeoutMs);
        return;
      }
      if (wire.fault === 'down' || wire.fault === 'refuse') {
        end(wire.fault === 'down' ? 'closed 1006 (ECONNREFUSED)' : 'refused 429', wire.fault === 'refuse');
        return;
      }
      connection.open = true;
      connection.heardMs = Date.now();
      wire.connections.add(connection);
      options.onOpen();
    }, wire.latencyMs);
  }

  function read<T>(
    names: readonly string[],
    asked: { next: number },
    options: ReadOptions,
    of: (at: number) => T,
  ) {
    const { signal, deadlineMs = 10_000, minContextSlot = 0, commitment = 'processed' } = options;
    const among = options.only === undefined ? names : names.filter((name) => name === options.only);
    const wire = wires.get(among[asked.next++ % among.length]!)!;
    return new Promise<T>((resolve, reject) => {
      const isLost = wire.http === 'hang';
      const waitMs = isLost ? deadlineMs : Math.min(deadlineMs, wire.httpLatencyMs);
      const waiting = setTimeout(() => {
        const at = over(commitment) + wire.httpLead + (wire.http === 'slots-ahead' ? 1_000_000 : 0);
        if (isLost || wire.http === 'down' || wire.httpLatencyMs > deadlineMs) reject(unreachable());
        else if (at < minContextSlot)
          reject(new ArbError('rpc-error', '-32016 slot not reached', { code: -32016 }));
        else resolve(of(at));
      }, waitMs);
      signal?.addEventListener('abort', () => {
        clearTimeout(waiting);
        reject(unreachable());
      });
    });
  }

  function held(address: Address, at: number): AccountBytes | null {
    return states.get(Math.min(at, slot - 1))?.get(address) ?? null;
  }

  const chain: TestChain = {
    accounts,
    get slot() {
      return slot;
    },
    slotMs: 400,
    correction: 0,
    get commitmentsPaused() {
      return frozen !== START_SLOT;
    },
    set commitmentsPaused(paused) {
      frozen = paused ? slot - 2 : START_SLOT;
    },
    votesOnly: false,
    jump(slots) {
      slot += slots;
      states.set(slot - 1, new Map(now).set(CLOCK_SYSVAR, clockOf(slot - 1)));
    },
    at: held,
    wire(name) {
      const known = wires.get(name);
      if (known !== undefined) return known;
      const made: TestWire & { readonly connections: Set<Connection> } = {
        name,
        fault: undefined as WireFault | undefined,
        http: undefined,
        latencyMs: 5,
        lead: 0,
        httpLead: 0,
        httpLatencyMs: 20,
        httpPart: 100,
        opened: 0,
        connections: new Set<Connection>(),
      };
      wires.set(name, made);
      return made;
    },
    transport(name, commitment) {
      chain.wire(name);
      const wire = wires.get(name)!;
      return {
        host: name,
        open(options) {
          wire.opened++;
          const connection: Connection = {
            options,
            commitment,
            accounts: new Map(),
            slots: false,
            open: false,
            heardMs: 0,
          };
          connect(wire, connection);
          return {
            send({ id, method, params }) {
              if (wire.fault === 'silent') return;
              if (method === 'slotSubscribe') connection.slots = true;
              else if (method === 'accountSubscribe') connection.accounts.set(id, params[0] as Address);
              else connection.accounts.delete(Number(params[0]));
              deliver(wire, connection, 'reply', {
                replyId: id,
                replyResult: method.endsWith('Unsubscribe') ? true : id,
              });
            },
            drop() {
              connection.open = false;
              wire.connections.delete(connection);
            },
            close() {
              connection.open = false;
              wire.connections.delete(connection);
              return Promise.resolve();
            },
          };
        },
      };
    },
    rpc(names) {
      const asked = { next: 0 };
      for (const name of names) chain.wire(name);
      const client: Partial<RpcClient> = {
        host: 'chain',
        ...(names.length > 1 ? { endpoints: names } : {}),
        getSlot: (options = {}) => read(names, asked, options, (at) => at),
        getAccount: (address, options = {}) =>
          read(names, asked, options, (at) => ({ slot: at, account: held(address, at) })),
        getMultipleAccounts: async (wanted, options = {}) => {
          const wire = wires.get(options.only ?? names[asked.next % names.length]!)!;
          const { httpPart } = wire;
          const slots: number[] = [];
          const accounts: (AccountBytes | null)[] = [];
          // As of an endpoint whose plan gives less a call: one part after the other, and the whole at the end.
          for (let from = 0; from < wanted.length; from += httpPart) {
            const part = wanted.slice(from, from + httpPart);
            const at = await read([wire.name], asked, options, (now) => now);
            for (const address of part) accounts.push(held(address, at));
            for (const _ of part) slots.push(at);
          }
          return { slot: Math.min(...slots), accounts, slots };
        },
      };
      return client as RpcClient;
    },
    stop() {
      clearTimeout(timer);
    },
  };
  // It has a past: what is finalized is older than what is processed.
  for (let i = 0; i < KEPT_SLOTS / 2; i++) {
    step();
    clearTimeout(timer);
  }
  step();
  return chain;
}

const EMPTY: StreamMessage = {
  subscription: -1,
  slot: 0,
  parent: 0,
  account: null,
  replyId: 0,
  replyResult: undefined,
  replyErrorCode: 0,
  replyError: '',
  problem: '',
};
