import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { ASSUMED_CHAIN, withChainValues } from '../core/chain-parameters.ts';
import type { MarketEvent } from '../engine/event.ts';
import { START_SLOT, type TestPool } from '../engine/test-market.ts';
import type { CensusCounts } from './counts.ts';
import { censusOf, createTestStream, FEES_LAMPORTS, LATENCIES, type TestStream } from './test-census.ts';
import { TIP_ASSUMPTIONS, VERDICT_TIP } from './tips.ts';
import { judge } from './verdict.ts';

const NEXT = START_SLOT + 1;
/** Two pools for one pair, at one price. */
const EVEN: readonly TestPool[] = [
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 3_000 },
];
const GAP_USDC = 9_000_000_000n;
/** Brings the first pool back to where it stood before somebody bought with GAP_USDC. */
const BACK_LAMPORTS = 58_000_000_000n;

/** A stranger's purchase opens a gap of some percent at NEXT; another closes it in slot `closedIn`. */
function oneGap(closedIn: number) {
  const stream = createTestStream(EVEN);
  const [decision] = stream.trade(stream.pools[0]!, USDC_MINT, GAP_USDC, NEXT).decisions;
  for (let slot = NEXT + 1; slot <= NEXT + 8; slot++) {
    stream.begin(slot);
    if (slot === closedIn) stream.trade(stream.pools[0]!, WSOL_MINT, BACK_LAMPORTS, slot);
  }
  return { stream, counts: censusOf(stream.events, stream.pools), opportunity: decision!.opportunity };
}

function lifetimesOf({ lifetimes }: CensusCounts): readonly (readonly [string, number])[] {
  return lifetimes
    .buckets()
    .filter(({ count }) => count > 0)
    .map(({ from, count }) => [String(from), count] as const);
}

/** Net lamports by latency, at the tip of that name. */
function netsOf(counts: CensusCounts, tip: string): readonly bigint[] {
  const at = TIP_ASSUMPTIONS.findIndex(({ name }) => name === tip);
  return counts.cells.map((cells) => cells[at]!.netLamports);
}

/** Opens and closes a gap every ten slots, so many times; each closes that many slots later. */
function manyGaps(stream: TestStream, gaps: number, lasts: number): void {
  for (let slot = NEXT; slot < NEXT + gaps * 10; slot++) {
    if (slot > NEXT) stream.begin(slot);
    if (slot % 10 === NEXT % 10) stream.trade(stream.pools[0]!, USDC_MINT, GAP_USDC, slot);
    if (slot % 10 === (NEXT + lasts) % 10) stream.trade(stream.pools[0]!, WSOL_MINT, BACK_LAMPORTS, slot);
  }
}

describe('census', () => {
  it('tells an hour by the slots that it has, however long they are and wherever that changes', () => {
    const stream = createTestStream(EVEN);
    manyGaps(stream, 4, 3);
    const perHourAt = (micros: (slot: number) => number, told?: number) => {
      const events = stamped(stream.events, micros);
      const chain = told === undefined ? [] : [chainOf(told)];
      const counts = censusOf([...chain, ...events], stream.pools);
      const { netLamports } = counts.cells[counts.verdictLatency]![VERDICT_TIP]!;
      expect(netLamports).toBeGreaterThan(0n);
      const { netPerHourLamports } = judge(counts);
      // What a slot is taken to last.
      const perSlot = Number(netLamports) / Number(netPerHourLamports) / counts.coverage.usableSlots;
      return { netPerHourLamports, slotMs: Math.round(perSlot * 3_600_000) };
    };
    const [four, three, two] = [400_000, 300_000, 200_000].map((micros) => perHourAt(() => micros));
    expect([four!.slotMs, three!.slotMs, two!.slotMs]).toEqual([400, 300, 200]);
    expect(Number(three!.netPerHourLamports) / Number(four!.netPerHourLamports)).toBeCloseTo(4 / 3, 5);
    // Half of the slots at 400 ms, half at 200.
    const middle = NEXT + 20;
    expect(perHourAt((slot) => (slot <= middle ? 400_000 : 200_000)).slotMs).toBeCloseTo(300, -1);
    // What was measured at the time counts before the stamps; stamps that no chain can have count for nothing.
    expect(perHourAt(() => 400_000, 250_000).slotMs).toBe(250);
    expect(perHourAt(() => 12, 250_000).slotMs).toBe(250);
    expect(perHourAt(() => 12).slotMs).toBe(400);
  });

  it('counts a gap with its lifetime and its best size', () => {
    const { counts, opportunity } = oneGap(NEXT + 3);
    expect(counts).toMatchObject({ gaps: 1, standing: 0, cutOff: 0 });
    // Open at the ends of NEXT, NEXT + 1 and NEXT + 2.
    expect(lifetimesOf(counts)).toEqual([['3', 1]]);
    const size = counts.sizes.buckets().find(({ count }) => count === 1)!;
    expect(size.weight).toBe(opportunity.grossProfit - FEES_LAMPORTS);
    expect(size.weight >= size.from && size.weight < size.to!).toBe(true);
  });

  it('gives a gap that closes in the slot that it opened in no lifetime, and no attempt a profit', () => {
    const stream = createTestStream(EVEN);
    stream.trade(stream.pools[0]!, USDC_MINT, GAP_USDC, NEXT);
    stream.trade(stream.pools[0]!, WSOL_MINT, BACK_LAMPORTS, NEXT);
    for (let slot = NEXT + 1; slot < NEXT + 8; slot++) stream.begin(slot);
    const counts = censusOf(stream.events, stream.pools);
    expect(lifetimesOf(counts)).toEqual([['0', 1]]);
    expect(netsOf(counts, 'none')).toEqual(LATENCIES.map(() => -FEES_LAMPORTS));
  });

  it('values an attempt by the state of its landing slot: the whole profit, and from the closing on the fees', () => {
    const { counts, opportunity } = oneGap(NEXT + 2);
    const whole = opportunity.grossProfit - FEES_LAMPORTS;
    expect(netsOf(counts, 'none')).toEqual([whole, whole, -FEES_LAMPORTS, -FEES_LAMPORTS]);
    expect(counts.cells.map((cells) => [cells[0]!.landed, cells[0]!.reverted])).toEqual([
      [1, 0],
      [1, 0],
      [0, 1],
      [0, 1],
    ]);
  });

  it('takes each tip off what lands, and off nothing that reverts', () => {
    const { counts, opportunity } = oneGap(NEXT + 2);
    const before = opportunity.grossProfit - FEES_LAMPORTS;
    const half = (opportunity.grossProfit + 1n) / 2n;
    const landed = [0n, 5_000n, 10_000n, 1_000_000n, 5_300_000n, 8_300_000n, half].map((tip) => before - tip);
    expect(counts.cells[0]!.map(({ netLamports }) => netLamports)).toEqual(landed);
    expect(counts.cells[2]!.map(({ netLamports }) => netLamports)).toEqual(landed.map(() => -FEES_LAMPORTS));
  });

  it('reverts what lands on a profit that no longer covers the tip that it promised', () => {
    const stream = createTestStream(EVEN);
    stream.trade(stream.pools[0]!, USDC_MINT, GAP_USDC, NEXT);
    stream.begin(NEXT + 1);
    // A purchase on the other pool takes some of the gap: the first leg is whole, the second pays less.
    stream.trade(stream.pools[1]!, USDC_MINT, 6_000_000_000n, NEXT + 1);
    for (let slot = NEXT + 2; slot < NEXT + 6; slot++) stream.begin(slot);
    const { cells } = censusOf(stream.events, stream.pools);
    const at = (tip: string) => TIP_ASSUMPTIONS.findIndex(({ name }) => name === tip);
    expect(cells[0]![at('50 %')]).toMatchObject({ landed: 1, reverted: 0 });
    expect(cells[1]![at('p99')]).toMatchObject({ landed: 1, reverted: 0 });
    expect(cells[1]![at('50 %')]).toMatchObject({ landed: 0, reverted: 1, netLamports: -FEES_LAMPORTS });
  });

  it('counts a gap once, however many updates it is seen in', () => {
    const stream = createTestStream(EVEN);
    stream.trade(stream.pools[0]!, USDC_MINT, GAP_USDC, NEXT);
    for (let slot = NEXT + 1; slot < NEXT + 6; slot++) {
      stream.begin(slot);
      stream.trade(stream.pools[slot % 2]!, WSOL_MINT, 1_000_000n, slot);
    }
    const counts = censusOf(stream.events, stream.pools);
    expect(counts).toMatchObject({ gaps: 1, cutOff: 1 });
    expect(counts.sightings).toBeGreaterThanOrEqual(6);
    const attempts = counts.cells[0]!.map(({ landed, reverted, unknown }) => landed + reverted + unknown);
    expect(attempts).toEqual(TIP_ASSUMPTIONS.map(() => 1));
  });

  it('counts it again once it was seen closed', () => {
    const stream = createTestStream(EVEN);
    manyGaps(stream, 3, 2);
    const counts = censusOf(stream.events, stream.pools);
    expect(counts.gaps).toBe(3);
    expect(lifetimesOf(counts)).toEqual([['2', 3]]);
  });

  it('takes a gap when it is first worth the tip, and never for what it became later', () => {
    const stream = createTestStream(EVEN);
    stream.trade(stream.pools[0]!, USDC_MINT, 1_300_000_000n, NEXT);
    stream.begin(NEXT + 1);
    const small = censusOf(stream.events, stream.pools)
      .sizes.buckets()
      .find(({ count }) => count === 1)!;
    stream.trade(stream.pools[0]!, USDC_MINT, GAP_USDC, NEXT + 1);
    for (let slot = NEXT + 2; slot < NEXT + 7; slot++) stream.begin(slot);
    const counts = censusOf(stream.events, stream.pools);
    const best = counts.sizes.buckets().find(({ count }) => count === 1)!.weight;
    expect(counts.gaps).toBe(1);
    expect(small.weight > 0n && small.weight < 8_300_000n && best > 8_300_000n).toBe(true);
    // Dear tips wait until the gap pays for them and get the size of then; without a tip the first size is taken.
    expect(netsOf(counts, 'p99')[1]).toBe(best - 8_300_000n);
    expect(netsOf(counts, 'none')[1]! < best).toBe(true);
  });

  it('tells a gap that somebody else’s pool shares from the first once that one is over', () => {
    const three: readonly TestPool[] = [...EVEN, { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_500 }];
    const stream = createTestStream(three);
    stream.trade(stream.pools[0]!, USDC_MINT, GAP_USDC, NEXT);
    stream.begin(NEXT + 1);
    stream.trade(stream.pools[2]!, USDC_MINT, GAP_USDC, NEXT + 1);
    expect(censusOf(stream.events, stream.pools).gaps).toBe(1);
    stream.begin(NEXT + 2);
    stream.trade(stream.pools[0]!, WSOL_MINT, BACK_LAMPORTS, NEXT + 2);
    for (let slot = NEXT + 3; slot < NEXT + 6; slot++) stream.begin(slot);
    const counts = censusOf(stream.events, stream.pools);
    expect(counts.gaps).toBe(2);
    expect(lifetimesOf(counts)).toEqual([['2', 1]]);
  });

  it('keeps what stood there before anybody looked out of every table', () => {
    const stream = createTestStream([EVEN[0]!, { ...EVEN[1]!, price: 160 }]);
    for (let slot = NEXT + 1; slot < NEXT + 4; slot++) stream.begin(slot);
    const counts = censusOf(stream.events, stream.pools);
    expect(counts).toMatchObject({ gaps: 0, standing: 1 });
    expect(counts.standingBestLamports > 0n).toBe(true);
    expect(counts.cells.flat().every(({ landed, reverted }) => landed + reverted === 0)).toBe(true);
    expect(judge(counts)).toMatchObject({
      answer: 'NO-GO',
      reasons: [expect.stringMatching(/no gap opened/)],
    });
  });

  it('claims neither end nor value of what it could not see when the feed was lost', () => {
    const stream = createTestStream(EVEN);
    stream.begin(NEXT + 1);
    stream.begin(NEXT + 2);
    stream.trade(stream.pools[0]!, USDC_MINT, GAP_USDC, NEXT + 2);
    stream.say({ kind: 'feed', atMicros: 0, live: false, reason: 'socket closed' });
    for (let slot = NEXT + 3; slot < NEXT + 5; slot++) stream.begin(slot);
    for (const [address, account] of stream.accounts) stream.tell(address, account, NEXT + 5);
    stream.say({ kind: 'feed', atMicros: 0, live: true, reason: 'snapshot' });
    for (let slot = NEXT + 6; slot < NEXT + 9; slot++) stream.begin(slot);
    const counts = censusOf(stream.events, stream.pools);
    expect(counts).toMatchObject({ gaps: 1, cutOff: 1, standing: 0 });
    expect(counts.cells[1]![0]).toEqual({ landed: 0, reverted: 0, unknown: 1, netLamports: 0n });
    expect(counts.coverage).toMatchObject({
      startingSlots: 1,
      usableSlots: 3,
      lostSlots: 4,
      laggingSlots: 0,
    });
    expect(judge(counts).unusablePercent).toBeGreaterThan(50);
  });

  it('decides nothing while the accounts lag behind the slots', () => {
    const stream = createTestStream(EVEN);
    stream.begin(NEXT + 1);
    stream.say({ kind: 'slot', atMicros: 0, slot: NEXT + 11, parent: NEXT + 10 });
    stream.trade(stream.pools[0]!, USDC_MINT, GAP_USDC, NEXT + 11);
    const counts = censusOf(stream.events, stream.pools);
    expect(counts.gaps).toBe(0);
    expect(counts.coverage).toMatchObject({ usableSlots: 0, laggingSlots: 10 });
  });

  it('groups gaps by the mints of their cycle, by venue and by length', () => {
    const { counts } = oneGap(NEXT + 3);
    const net = netsOf(counts, '50 %')[1]!;
    const row = { gaps: 1, netLamports: net };
    expect(counts.pairs.rows()).toMatchObject([{ name: `${USDC_MINT}/${WSOL_MINT}`, ...row }]);
    expect(counts.venues.rows()).toMatchObject([{ name: 'raydium-cpmm', ...row }]);
    expect(counts.lengths.rows()).toMatchObject([{ name: '2 hops', ...row }]);
  });

  it('gives the same counts for the same events', () => {
    const stream = createTestStream(EVEN);
    manyGaps(stream, 6, 3);
    const once = () => JSON.stringify(censusOf(stream.events, stream.pools), plain);
    expect(once()).toBe(once());
  });
});

describe('verdict', () => {
  it('is GO for gaps that are many, last and pay after half of them is bid away', () => {
    const stream = createTestStream(EVEN);
    manyGaps(stream, 62, 4);
    const verdict = judge(censusOf(stream.events, stream.pools));
    expect(verdict).toMatchObject({ answer: 'GO', latencySlots: 1, tip: '50 %', landed: 62, reverted: 0 });
    expect(verdict.netPerHourLamports > 10_000_000n).toBe(true);
    expect(verdict.reasons).toEqual([
      expect.stringMatching(/SOL an hour at a latency of 1 slot and a tip of 50 %/),
    ]);
  });

  it('is NO-GO for as many gaps that are closed before anything lands', () => {
    const stream = createTestStream(EVEN);
    manyGaps(stream, 62, 1);
    const verdict = judge(censusOf(stream.events, stream.pools));
    expect(verdict).toMatchObject({ answer: 'NO-GO', landed: 0, reverted: 62 });
    expect(verdict.netPerHourLamports < 0n).toBe(true);
    expect(verdict.reasons).toEqual([expect.stringMatching(/0 of 62 attempts on 62 gaps land, 62 revert/)]);
  });

  it('is MARGINAL with each doubt named where the time is short, the attempts few and the next slot too late', () => {
    const stream = createTestStream(EVEN);
    manyGaps(stream, 3, 2);
    const verdict = judge(censusOf(stream.events, stream.pools));
    expect(verdict.answer).toBe('MARGINAL');
    const text = verdict.reasons.join('\n');
    expect(text).toMatch(/too short to tell an hour by: record at least 240 s/);
    expect(text).toMatch(/rests on 3 landed attempts/);
    expect(text).toMatch(/2 attempts bring half of it/);
    expect(text).toMatch(/nothing is left at a latency of 2 slots \(-/);
  });

  it('is NO-GO where there is nothing to judge by', () => {
    expect(judge(censusOf([], []))).toMatchObject({
      answer: 'NO-GO',
      netPerHourLamports: 0n,
      unusablePercent: 100,
      reasons: ['the source holds no event: there is nothing to judge by'],
    });
  });
});

function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  const { buckets, rows } = value as { buckets?: () => unknown; rows?: () => unknown };
  return buckets?.() ?? rows?.() ?? value;
}

function chainOf(slotMicros: number): MarketEvent {
  const origin = { source: 'test', slot: START_SLOT, atMs: 1 };
  return { kind: 'chain', atMicros: 0, parameters: withChainValues(ASSUMED_CHAIN, { slotMicros }, origin) };
}

/** The events at the times that slots of such lengths give them. */
function stamped(events: readonly MarketEvent[], micros: (slot: number) => number): readonly MarketEvent[] {
  let atMicros = 5_000_000;
  let last = 0;
  return events.map((event) => {
    if (event.kind === 'slot') {
      for (let slot = last === 0 ? event.slot : last + 1; slot <= event.slot; slot++)
        atMicros += micros(slot);
      last = event.slot;
    }
    return { ...event, atMicros };
  });
}
