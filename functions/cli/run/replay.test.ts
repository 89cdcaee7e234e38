import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MarketEvent } from '../../../shared/engine/event.ts';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import { createEventEncoder } from '../../../shared/platform/recording/event-encoder.ts';
import { findRuns, readRun } from '../../../shared/platform/recording/recording.ts';
import type { RunDescription } from '../../../shared/platform/recording/segment-text.ts';
import { createSegmentWriter } from '../../../shared/platform/recording/segment-writer.ts';
import { main } from '../main.ts';

let cwd: string;
let recorded: { decisionsHash: string; trades: number; recording: { events: number } };
let file: string;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'arb-replay-'));
  const { code, stdout } = await arb('record --simulated-time --duration 20 --seed 3 --out tape --json');
  expect(code).toBe(0);
  recorded = JSON.parse(stdout);
  file = join(cwd, 'tape', readdirSync(join(cwd, 'tape'))[0]!);
}, 60_000);

afterAll(() => rmSync(cwd, { recursive: true }));

/** Runs a command line in this process. */
async function arb(line: string) {
  const texts = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr') => ({
    isTty: false,
    columns: 80,
    write(text: string) {
      texts[name] += text;
    },
    line(text: string) {
      texts[name] += `${text}\n`;
    },
  });
  const code = await main(line.split(' '), {
    stdout: output('stdout'),
    stderr: output('stderr'),
    // None of this may reach a replay.
    env: { ARB_RISK_MAX_PENDING: '1', ARB_SEED: '99' },
    cwd,
    clock: createSystemClock(),
    version: '1.2.3',
    stopSignal: () => new AbortController().signal,
  });
  return { code, ...texts };
}

/** A recording with these events, by a version of whatever describes itself so. */
function writeRun(
  dir: string,
  run: RunDescription,
  events: readonly MarketEvent[],
  { decisionsHash }: typeof recorded,
): void {
  const writer = createSegmentWriter({
    dir,
    run,
    maxSegmentBytes: 1 << 30,
    maxSegmentMs: 1 << 30,
    level: 1,
    nowMs: () => 0,
    onFinished: () => {},
    onFailure: (error) => expect.unreachable(error),
  });
  const encoder = createEventEncoder(new Uint8Array(1_024));
  for (let at = 0; at < events.length; at += 1_000) {
    const block = events.slice(at, at + 1_000);
    for (const event of block) encoder.add(event);
    const frames = encoder.take(new Uint8Array(1_024)).slice();
    writer.write({ frames, events: block.length, firstEvent: at + 1 });
  }
  writer.end({ decisionsHash });
}

it('finds in a recording what became of every order, and replays it without executing any twice', async () => {
  const [run] = await findRuns([file]);
  const ends = new Map<string, number>();
  for await (const piece of readRun(run!)) {
    if (piece.kind !== 'events') continue;
    for (let event = piece.next(); event !== undefined; event = piece.next()) {
      if (event.kind !== 'order' || event.state === 'submitted') continue;
      ends.set(event.state, (ends.get(event.state) ?? 0) + 1);
    }
  }
  expect(ends.get('landed')).toBe(recorded.trades);
  expect(recorded.trades).toBeGreaterThan(0);
  const { code, stdout } = await arb(`replay ${file} --json`);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    decisionsHash: recorded.decisionsHash,
    trades: recorded.trades,
  });
}, 60_000);

it('finds orders in a recording that were unknown by time alone, and has them become so again', async () => {
  const line =
    'record --simulated-time --duration 50 --seed 3 --paper-latency-ms 36000 --sim-slot-ms 200 --out late --json';
  const { code, stdout } = await arb(line);
  expect(code).toBe(0);
  const late = JSON.parse(stdout);
  const [run] = await findRuns([join(cwd, 'late')]);
  const states = new Map<string, string[]>();
  for await (const piece of readRun(run!)) {
    if (piece.kind !== 'events') continue;
    for (let event = piece.next(); event !== undefined; event = piece.next()) {
      if (event.kind !== 'order') continue;
      const told = `${event.state} by ${event.source}`;
      states.set(event.id, [...(states.get(event.id) ?? []), told]);
    }
  }
  const ended = [...states.values()].filter((told) => told.length > 2);
  expect(ended.length).toBeGreaterThan(0);
  for (const told of ended) {
    expect(told.slice(0, 2)).toEqual(['submitted by paper', 'unknown by time']);
    expect(told[2]).toMatch(/^(landed|failed|expired) by paper$/);
  }
  const again = await arb(`replay ${join(cwd, 'late')} --json`);
  expect(JSON.parse(again.stdout)).toMatchObject({
    ...{ verdict: 'same', decisionsHash: late.decisionsHash, events: late.recording.events },
  });
}, 120_000);

describe('a replay', () => {
  it('decides what the run decided, to the bit, whatever the environment says', async () => {
    const { code, stdout } = await arb(`replay ${file} --json`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'same',
      finished: true,
      decisionsHash: recorded.decisionsHash,
      recordedHash: recorded.decisionsHash,
      trades: recorded.trades,
      events: recorded.recording.events,
      seed: 3,
      program: '1.2.3',
      missingEvents: 0,
      damages: [],
    });
  }, 60_000);

  it('of a recording of before CLMM went by its program decides as its run did', async () => {
    const old = join(cwd, 'old');
    mkdirSync(old);
    const [run] = await findRuns([file]);
    const events: MarketEvent[] = [];
    for await (const piece of readRun(run!)) {
      if (piece.kind !== 'events') continue;
      for (let event = piece.next(); event !== undefined; event = piece.next()) events.push(event);
    }
    const kept = events.filter((event) => event.kind !== 'program' || event.venue !== 'raydium-clmm');
    expect(kept.length).toBe(events.length - 1);
    writeRun(old, { ...run!.run, programs: 'told' }, kept, recorded);
    const { code, stdout } = await arb(`replay ${old} --json`);
    expect(JSON.parse(stdout)).toMatchObject({ verdict: 'same', decisionsHash: recorded.decisionsHash });
    expect(code).toBe(0);
    // By what is known today of the same events nothing of CLMM's dynamic fees would have been quoted.
    const now = join(cwd, 'now');
    mkdirSync(now);
    writeRun(now, run!.run, kept, recorded);
    expect(JSON.parse((await arb(`replay ${now} --json`)).stdout)).toMatchObject({ verdict: 'differ' });
  }, 60_000);

  it('with another limit is another run, deterministic, and said to be one', async () => {
    const line = `replay ${file} --risk-min-net-profit-lamports 1000000000 --json`;
    const [first, second] = [await arb(line), await arb(line)];
    const [a, b] = [JSON.parse(first.stdout), JSON.parse(second.stdout)];
    expect(first.code).toBe(0);
    expect(a).toMatchObject({
      verdict: 'overridden',
      overrides: { 'risk-min-net-profit-lamports': '1000000000' },
      trades: 0,
    });
    expect(a.decisionsHash).not.toBe(recorded.decisionsHash);
    expect(b.decisionsHash).toBe(a.decisionsHash);
  }, 60_000);

  it('of a recording that was cut off compares up to its last whole block', async () => {
    const cut = join(cwd, 'cut.arbrec');
    writeFileSync(cut, readFileSync(file));
    truncateSync(cut, Math.floor(readFileSync(file).length * 0.8));
    const { code, stdout, stderr } = await arb(`replay ${cut}`);
    expect(code).toBe(0);
    expect(stderr).toMatch(/torn: .*cut\.arbrec at byte \d+, \d+ bytes: the file ends within a block/);
    expect(stdout).toMatch(/the decisions are those of the run up to the last whole block/);
    expect((await arb(`recording info ${cut}`)).code).toBe(0);
  }, 60_000);

  it('of a recording with a damaged block says where, and that the decisions cannot be those of the run', async () => {
    const bent = join(cwd, 'bent.arbrec');
    const bytes = readFileSync(file);
    bytes[Math.floor(bytes.length / 3)]! ^= 4;
    writeFileSync(bent, bytes);
    const { code, stdout, stderr } = await arb(`replay ${bent}`);
    expect(code).toBe(1);
    expect(stderr).toMatch(/damaged: .*bent\.arbrec at byte \d+/);
    expect(stderr).toMatch(/missing: \d+ events from \d+ on: damage at byte \d+ of bent\.arbrec/);
    expect(stdout).toMatch(/THE DECISIONS DIFFER/);
    const info = await arb(`recording info ${bent} --json`);
    expect(info.code).toBe(1);
    expect(JSON.parse(info.stdout)[0]).toMatchObject({ damages: [{ torn: false }], finished: true });
  }, 60_000);

  it.each([
    ['replay absent', 3, /cannot read absent/],
    ['replay', 2, /needs FILE\|DIR/],
    ['replay tape --speed 0', 2, /--speed must be "max" or a number above 0/],
    ['recording verify tape', 2, /action must be info/],
    ['record --simulated-time --duration 1', 2, /needs --out DIR/],
  ])('refuses "arb %s" with code %i', async (line, code, message) => {
    const answer = await arb(line);
    expect([answer.code, answer.stdout]).toEqual([code, '']);
    expect(answer.stderr).toMatch(message);
  });
});
