import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import bs58 from 'bs58';
import { type Address, TOKEN_PROGRAM } from '../../core/address.ts';
import { ASSUMED_CHAIN } from '../../core/chain-parameters.ts';
import { createRandom, type Random } from '../../core/random.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { toJsonText } from './event-json.ts';
import { findRuns, type RunPiece, readRun } from './recording.ts';
import type { RunDescription } from './segment-text.ts';

export const RUN: RunDescription = {
  runId: '20261128-080000-00c0ffee',
  program: 'test',
  market: 'built-in',
  startedAtMs: 1_795_852_800_000,
  startedMicros: 5_000.25,
  config: { seed: 7, costs: { tipLamports: '10000' } },
  pools: [{ venue: 'raydium-cpmm', address: TOKEN_PROGRAM }],
  symbols: {},
};

/** Every kind of event, of `seed`: accounts of all sizes that change a little, go away and come back. */
export function sampleEvents(seed: number, count: number): MarketEvent[] {
  const random = createRandom(seed);
  const addresses = Array.from({ length: 12 }, (_, i) => sampleAddress(seed * 1_000 + i));
  const sizes = [0, 1, 40, 165, 165, 653, 1_544, 10_136];
  const held = new Map<Address, Uint8Array>();
  let atMicros = 1_000;
  return Array.from({ length: count }, (_, i) => {
    atMicros += random.next() * 900;
    if (i % 17 === 3) return sampleOther(random, atMicros, addresses);
    const address = addresses[random.below(addresses.length)]!;
    const slot = 300_000_000 + Math.floor(i / 5);
    if (random.below(40) === 0)
      return { kind: 'account', atMicros, update: { address, slot, account: null } };
    const before = held.get(address);
    const data =
      before !== undefined && random.below(10) !== 0
        ? changed(before, random)
        : randomBytes(sizes[random.below(sizes.length)]!, random);
    held.set(address, data);
    const owner = addresses[random.below(3)]!;
    const account = { owner, lamports: BigInt(random.below(2 ** 31)) << BigInt(random.below(33)), data };
    const update = { address, slot, account };
    return random.below(2) === 0
      ? { kind: 'account', atMicros, update }
      : { kind: 'account', atMicros, update, endpoint: `endpoint-${random.below(3)}` };
  });
}

function sampleOther(random: Random, atMicros: number, addresses: readonly Address[]): MarketEvent {
  const mint = addresses[0]!;
  const others: MarketEvent[] = [
    { kind: 'slot', atMicros, slot: 300_000_000 + random.below(1_000), parent: 300_000_000 },
    { kind: 'slot', atMicros, slot: -1, parent: -1 },
    { kind: 'feed', atMicros, live: random.below(2) === 0, reason: 'käse "quoted"' },
    { kind: 'lost', atMicros, addresses: addresses.slice(0, 3), reason: 'fork' },
    { kind: 'control', atMicros, command: 'pause', by: 'dashboard' },
    {
      kind: 'order',
      atMicros,
      id: '300000000-7',
      state: 'landed',
      reason: 'filled',
      slot: 300_000_001,
      amountIn: 2n ** 63n,
      amountOut: 2n ** 64n - 1n,
      leftovers: [{ mint, amount: 1n }],
      costLamports: 17_000n,
      source: 'paper',
    },
    {
      kind: 'balance',
      atMicros,
      mint,
      amount: 2n ** 64n - 1n,
      exists: true,
      slot: 300_000_001,
      source: mint,
    },
    { kind: 'venue', atMicros, venue: 'orca-whirlpool', quarantine: '' },
    { kind: 'price', atMicros, mint, unitsPerLamportScaled: 2n ** 90n, source: 'jupiter' },
    { kind: 'universe', atMicros, pools: [{ venue: 'x', address: mint }], offMints: [mint] },
    { kind: 'fee', atMicros, microLamportsPerUnit: 12n, source: 'helius' },
    { kind: 'chain', atMicros, parameters: ASSUMED_CHAIN },
  ];
  return others[random.below(others.length)]!;
}

function changed(before: Uint8Array, random: Random): Uint8Array {
  const after = before.slice();
  const places = after.length === 0 ? 0 : random.below(5);
  for (let i = 0; i < places; i++) {
    const at = random.below(after.length);
    const end = Math.min(after.length, at + 1 + random.below(20));
    for (let k = at; k < end; k++) after[k] = random.below(256);
  }
  return after;
}

function randomBytes(length: number, random: Random): Uint8Array {
  return Uint8Array.from({ length }, () => (random.below(3) === 0 ? random.below(256) : 0));
}

export function sampleAddress(number: number): Address {
  const random = createRandom(`address ${number}`);
  return bs58.encode(Uint8Array.from({ length: 32 }, () => random.below(256))) as Address;
}

/** The event in one short text, equal for equal events: a matcher takes long over account bytes. */
export function printOf(event: MarketEvent): string {
  if (event.kind !== 'account' || event.update.account === null) return toJsonText(event);
  const { data, ...account } = event.update.account;
  const digest = createHash('sha1').update(data).digest('hex');
  return toJsonText({ ...event, update: { ...event.update, account: { ...account, digest } } });
}

/** Everything that is read of the only run at `path`, its events as `printOf` gives them. */
export async function readAll(path: string) {
  const [run] = await findRuns([path]);
  const events: string[] = [];
  const numbers: number[] = [];
  const others: Exclude<RunPiece, { kind: 'events' }>[] = [];
  const marks: unknown[] = [];
  for await (const piece of readRun(run!)) {
    if (piece.kind !== 'events') {
      others.push(piece);
      continue;
    }
    let number = piece.firstEvent;
    for (let event = piece.next(); event !== undefined; event = piece.next()) {
      events.push(printOf(event));
      numbers.push(number++);
    }
    const mark = piece.mark();
    if (mark !== undefined) marks.push(mark);
  }
  return { run: run!, events, numbers, others, marks };
}

export async function inDirectory<T>(work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(tmpdir(), 'arb-recording-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
