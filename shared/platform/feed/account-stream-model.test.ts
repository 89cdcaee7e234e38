import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../../core/address.ts';
import { createRandom, type Random } from '../../core/random.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { type SimulatedTime, simulateTime } from '../process/test-time.ts';
import type { Commitment } from '../rpc/rpc-client.ts';
import { type AccountStream, createAccountStream } from './account-stream.ts';
import { createTestChain, KEPT_SLOTS } from './test-chain.ts';
import { HTTP_FAULTS, WIRE_FAULTS } from './test-wire.ts';
import { sameBytes } from './trust/account-track.ts';

/** Whole again within this time of a world that is well, from wherever anything has brought it. */
const BOUND_MS = 10_000;

let time: SimulatedTime;

beforeEach(() => {
  time = simulateTime();
});
afterEach(() => {
  time.restore();
});

interface Setup {
  readonly endpoints?: readonly string[];
  readonly redundancy?: 1 | 2;
  readonly tellAt?: 'frame' | 'slot';
  readonly commitment?: Commitment;
}

function setUp(
  random: Random,
  { endpoints = ['a'], redundancy = 1, tellAt = 'slot', commitment = 'processed' }: Setup,
) {
  const chain = createTestChain(random.fork('chain'), 8);
  /** What a market may rely on now. */
  const held = new Map<Address, AccountBytes | null>();
  const live = { now: false, since: 0, timesDown: 0 };
  const wrong: string[] = [];
  const logged: string[] = [];
  let looks = 0;
  /** Every change up to the end of this slot has been told. */
  let told = -1;
  const onEvent = (event: MarketEvent): void => {
    if (event.kind === 'account') held.set(event.update.address, event.update.account);
    if (event.kind === 'slot') told = event.parent;
    if (event.kind === 'lost') for (const address of event.addresses) held.delete(address);
    if (event.kind === 'feed') {
      live.now = event.live;
      if (!event.live) {
        live.timesDown++;
        told = -1;
        held.clear();
      }
    }
    // Before a slot is told nothing is decided.
    if (live.now && told >= 0) check(event.kind);
  };
  /** At every event, as each may lead to a trade: all that may be relied on is what the chain has at the told slot or later. */
  function check(when: string): void {
    looks++;
    for (const [address, account] of held) {
      if (address === CLOCK_SYSVAR) continue;
      let isTrue = false;
      const oldest = Math.max(told, chain.slot - KEPT_SLOTS);
      for (let slot = chain.slot - 1; slot >= oldest && !isTrue; slot--)
        isTrue = sameBytes(chain.at(address, slot), account);
      if (!isTrue) wrong.push(`${address} after ${when} when ${told} was told, ${chain.slot} began`);
    }
  }
  const stream: AccountStream = createAccountStream({
    endpoints: endpoints.map((name) => ({ name, provider: 'generic', wsUrl: 'ws://unused' })),
    transport: ({ name }) => chain.transport(name, commitment),
    redundancy,
    tellAt,
    auditsPerSecond: 4,
    rpc: chain.rpc(endpoints),
    commitment,
    clock: createSystemClock(),
    random: random.fork('stream'),
    onEvent,
    log: (event) => logged.push(event),
  });
  stream.watch([...chain.accounts, CLOCK_SYSVAR]);
  stream.start();
  return {
    chain,
    stream,
    live,
    wrong,
    get looks() {
      return looks;
    },
    logged,
    wires: endpoints.map((name) => chain.wire(name)),
    async stop() {
      chain.stop();
      await stream.stop();
    },
  };
}

type Sim = ReturnType<typeof setUp>;

const isWhole = ({ stream, chain }: Sim): boolean => {
  const { state, confirmed } = stream.status();
  return state === 'live' && confirmed === chain.accounts.length;
};

const pass = (ms: number): Promise<void> => time.pass(ms);

/** Milliseconds until it is whole; more than `mostMs` where it is not by then. */
async function untilWhole(sim: Sim, mostMs = 3 * BOUND_MS): Promise<number> {
  for (let ms = 0; ms <= mostMs; ms += 50) {
    if (isWhole(sim)) return ms;
    await pass(50);
  }
  return mostMs + 1;
}

function heal({ chain, wires }: Sim): void {
  chain.commitmentsPaused = false;
  chain.votesOnly = false;
  for (const wire of wires) {
    wire.fault = undefined;
    wire.http = undefined;
  }
}

/** Something that can be wrong with the world, at one endpoint or at all of them. */
function breakSomething(sim: Sim, random: Random): void {
  const { chain, wires } = sim;
  const all = random.below(2) === 0;
  const hit = all ? wires : [wires[random.below(wires.length)]!];
  const kind = random.below(10);
  if (kind < 6) for (const wire of hit) wire.fault = WIRE_FAULTS[random.below(WIRE_FAULTS.length)];
  if (kind >= 5 && kind < 8)
    for (const wire of hit) wire.http = HTTP_FAULTS[random.below(HTTP_FAULTS.length)];
  if (kind === 8) chain.correction += [60, -30, 18_000][random.below(3)]!;
  if (kind === 9) chain.jump(random.below(2) === 0 ? 5 : 2_000 + random.below(100_000));
  for (const wire of wires) {
    wire.httpLatencyMs = random.below(500);
    wire.httpPart = [100, 100, 3, 1][random.below(4)]!;
  }
}

const lengthMs = (random: Random): number =>
  [400, 2_000, 6_000, 15_000, 75_000, 200_000][random.below(6)]! * (0.5 + random.next());

const SETUPS: readonly Setup[] = [
  { endpoints: ['a'] },
  { endpoints: ['a'], tellAt: 'frame' },
  { endpoints: ['a', 'b'] },
  { endpoints: ['a', 'b'], redundancy: 2 },
  { endpoints: ['a', 'b'], redundancy: 2, tellAt: 'frame' },
];

describe('the account stream in a simulated world', () => {
  it.each(SETUPS.map((setup) => [JSON.stringify(setup), setup] as const))(
    'is whole within ten seconds of a world that is well, whatever was wrong with it before: %s',
    async (name, setup) => {
      for (let seed = 1; seed <= (Number(process.env.ARB_TEST_SEEDS) || 3); seed++) {
        const random = createRandom(`${name} ${seed}`);
        const sim = setUp(random, setup);
        expect(await untilWhole(sim), `seed ${seed}: at the start`).toBeLessThanOrEqual(BOUND_MS);
        const history: string[] = [];
        for (let fault = 0; fault < 6; fault++) {
          breakSomething(sim, random);
          const ms = lengthMs(random);
          const { wires, chain } = sim;
          history.push(
            `${wires.map((w) => `${w.fault}/${w.http}/${w.httpLatencyMs}`)} ${chain.correction} ${Math.round(ms)}`,
          );
          await pass(ms);
          heal(sim);
          const tookMs = await untilWhole(sim);
          const why = sim.stream.status().connections.map(({ state, reason }) => `${state} ${reason}`);
          expect(tookMs, `seed ${seed}: ${history.join('; ')}: ${why}`).toBeLessThanOrEqual(BOUND_MS);
          // Sometimes the next comes at once.
          await pass(random.below(3) === 0 ? 0 : 3_000);
        }
        // One copy alone cannot know what it was not told, or told wrongly, before it is read again.
        const blind = history.some((one) => /mute-some|wrong-bytes/.test(one));
        if (!blind) expect(sim.wrong, `seed ${seed}: ${history.join('; ')}`).toEqual([]);
        await sim.stop();
      }
    },
    120_000,
  );

  it.each([61, 75, 120, 300])(
    'is back within ten seconds of an outage of %d s, however slow HTTP answers',
    async (seconds) => {
      for (const httpLatencyMs of [0, 100, 300, 500]) {
        const sim = setUp(createRandom(`outage ${seconds} ${httpLatencyMs}`), {});
        const [wire] = sim.wires;
        wire!.httpLatencyMs = httpLatencyMs;
        await untilWhole(sim);
        wire!.fault = 'down';
        wire!.http = 'down';
        await pass(seconds * 1_000);
        heal(sim);
        expect(await untilWhole(sim), `HTTP at ${httpLatencyMs} ms`).toBeLessThanOrEqual(BOUND_MS);
        await sim.stop();
      }
    },
  );

  it.each(SETUPS.map((setup) => [JSON.stringify(setup), setup] as const))(
    'tells nothing older than the slot that is over, however many slots a snapshot takes part by part: %s',
    async (name, setup) => {
      for (const [httpPart, httpLatencyMs] of [
        [1, 200],
        [3, 600],
        [100, 1_700],
      ] as const) {
        const sim = setUp(createRandom(`parts ${name}`), setup);
        for (const wire of sim.wires) Object.assign(wire, { httpPart, httpLatencyMs });
        expect(await untilWhole(sim)).toBeLessThanOrEqual(2 * BOUND_MS);
        // Fetched again beside a feed that goes on, after everything was lost, and after a part of it was.
        for (const wires of [sim.wires.slice(0, 1), sim.wires]) {
          for (const wire of wires) wire.fault = 'down';
          await pass(1_000);
          heal(sim);
          expect(await untilWhole(sim)).toBeLessThanOrEqual(2 * BOUND_MS);
          await pass(5_000);
        }
        expect(sim.looks).toBeGreaterThan(50);
        expect(sim.wrong).toEqual([]);
        await sim.stop();
      }
    },
  );

  it('is live again when all that it carries is handed to a connection that is live and had nothing', async () => {
    const sim = setUp(createRandom('handed over'), { endpoints: ['a', 'b'] });
    await untilWhole(sim);
    const carrier = sim.stream.status().connections.find(({ accounts }) => accounts > 0)!.endpoint;
    const wire = sim.wires.find(({ name }) => name === carrier)!;
    for (let i = 0; i < 3; i++) {
      wire.fault = 'slots-ahead';
      await pass(3_000);
      expect(isWhole(sim)).toBe(true);
      expect(sim.live.now).toBe(true);
    }
    await sim.stop();
  });

  it('is not left down by HTTP that said slots + 1,000,000 for six seconds, nor put down by it', async () => {
    const sim = setUp(createRandom('ahead'), {});
    await untilWhole(sim);
    sim.wires[0]!.http = 'slots-ahead';
    await pass(6_000);
    expect(isWhole(sim)).toBe(true);
    heal(sim);
    await pass(20_000);
    expect(isWhole(sim)).toBe(true);
    expect(sim.live.timesDown).toBe(0);
    expect(sim.stream.status().lies).toBeGreaterThan(0);
    await sim.stop();
  });

  it('opens a connection anew that goes on telling slots and nothing else, and hands its accounts to another', async () => {
    const sim = setUp(createRandom('mute'), { endpoints: ['a', 'b'] });
    await untilWhole(sim);
    const carrier = sim.stream.status().connections.find(({ accounts }) => accounts > 0)!.endpoint;
    const other = sim.wires.find(({ name }) => name === carrier);
    other!.fault = 'mute-accounts';
    await pass(30_000);
    expect(other!.opened).toBeGreaterThan(1);
    expect(isWhole(sim) || sim.stream.status().confirmed === sim.chain.accounts.length).toBe(true);
    expect(sim.logged).toContain('stream.evacuated');
    // And it is left alone: not on and off many times a minute.
    const { losses } = sim.stream.status();
    await pass(60_000);
    expect(sim.stream.status().losses - losses).toBeLessThan(3);
    expect(sim.stream.status().confirmed).toBe(sim.chain.accounts.length);
    await sim.stop();
  });

  it.each<Setup>([{ endpoints: ['a'] }, { endpoints: ['a', 'b'] }, { endpoints: ['a', 'b'], redundancy: 2 }])(
    'follows a correction of the chain’s clock within a few slots, and calls nobody a liar: %j',
    async (setup) => {
      for (const by of [60, 18_000]) {
        const sim = setUp(createRandom(`correction ${by}`), setup);
        await untilWhole(sim);
        sim.chain.correction += by;
        await pass(5_000);
        expect(isWhole(sim)).toBe(true);
        expect(sim.stream.status()).toMatchObject({ lies: 0, overruled: 1, quarantined: [] });
        expect(sim.logged).toContain('stream.clock-corrected');
        await sim.stop();
      }
    },
  );

  it.each(['slots-ahead', 'wrong-clock'] as const)(
    'keeps what one endpoint carries while the other lies: %s',
    async (fault) => {
      const sim = setUp(createRandom(`liar ${fault}`), { endpoints: ['a', 'b'] });
      await untilWhole(sim);
      sim.wires[1]!.fault = fault;
      await pass(10_000);
      expect(isWhole(sim)).toBe(true);
      expect(sim.live.timesDown).toBe(0);
      expect(sim.stream.status().quarantined.map(({ endpoint }) => endpoint)).toEqual(['b']);
      await sim.stop();
    },
  );

  it.each(SETUPS.map((setup) => [JSON.stringify(setup), setup] as const))(
    'believes no account of a slot that has not begun, and misses none of the true ones after it: %s',
    async (name, setup) => {
      const sim = setUp(createRandom(`dated ahead ${name}`), setup);
      await untilWhole(sim);
      sim.wires[0]!.fault = 'dated-ahead';
      await pass(15_000);
      heal(sim);
      expect(await untilWhole(sim)).toBeLessThanOrEqual(BOUND_MS);
      await pass(30_000);
      expect(sim.looks).toBeGreaterThan(50);
      expect(sim.wrong).toEqual([]);
      await sim.stop();
    },
  );

  it.each([
    ['the other cannot be reached', { fault: 'down' }],
    ['the other is behind as well', { lead: -12 }],
  ] as const)('calls nobody a liar who is ahead of an HTTP side that is behind: %s', async (_, other) => {
    const sim = setUp(createRandom('http behind'), { endpoints: ['a', 'b'] });
    await untilWhole(sim);
    Object.assign(sim.wires[1]!, other);
    for (const wire of sim.wires) wire.httpLead = -12;
    await pass(20_000);
    expect(sim.stream.status()).toMatchObject({ lies: 0, quarantined: [] });
    for (const wire of sim.wires) Object.assign(wire, { httpLead: 0, lead: 0 });
    heal(sim);
    expect(await untilWhole(sim)).toBeLessThanOrEqual(BOUND_MS);
    expect(sim.wrong).toEqual([]);
    await sim.stop();
  });

  it.each([
    ['from its start on', true, 0],
    ['from some time on', false, 0],
    ['from its start on, over HTTP too', true, 40],
    ['from some time on, over HTTP too', false, 40],
  ] as const)(
    'is whole on one endpoint while the other tells slots that are 40 ahead, %s',
    async (_, atStart, httpLead) => {
      const sim = setUp(createRandom('lead'), { endpoints: ['a', 'b'] });
      if (!atStart) await untilWhole(sim);
      Object.assign(sim.wires[1]!, { lead: 40, httpLead });
      await pass(500);
      expect(await untilWhole(sim)).toBeLessThanOrEqual(BOUND_MS);
      await pass(20_000);
      let down = 0;
      for (let i = 0; i < 100; i++) {
        await pass(200);
        if (!isWhole(sim)) down++;
      }
      expect(down).toBeLessThan(5);
      expect(sim.stream.status().lies).toBe(0);
      Object.assign(sim.wires[1]!, { lead: 0, httpLead: 0 });
      expect(await untilWhole(sim)).toBeLessThanOrEqual(BOUND_MS);
      await sim.stop();
    },
  );

  it.each(['confirmed', 'finalized'] as const)(
    'is whole and stays so at commitment %s, with its limits as they are',
    async (commitment) => {
      const sim = setUp(createRandom(commitment), { commitment });
      expect(await untilWhole(sim)).toBeLessThanOrEqual(BOUND_MS);
      await pass(60_000);
      expect(isWhole(sim)).toBe(true);
      expect(sim.stream.status()).toMatchObject({ losses: 0, timesBehind: 0, reconnects: 0 });
      expect(sim.live.timesDown).toBe(0);
      await sim.stop();
    },
  );

  it.each(['processed', 'confirmed', 'finalized'] as const)(
    'takes blocks of votes alone, and a pause of confirmations, for what they are: %s',
    async (commitment) => {
      for (const slotMs of [400, 300, 200]) {
        const sim = setUp(createRandom(`votes ${slotMs}`), { commitment });
        sim.chain.slotMs = slotMs;
        await untilWhole(sim);
        sim.chain.votesOnly = true;
        await pass(20_000);
        sim.chain.commitmentsPaused = true;
        await pass(20_000);
        expect(isWhole(sim)).toBe(true);
        heal(sim);
        await pass(10_000);
        expect(isWhole(sim)).toBe(true);
        expect(sim.stream.status()).toMatchObject({ losses: 0, timesBehind: 0, reconnects: 0, lies: 0 });
        await sim.stop();
      }
    },
  );
});
