import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import type { Output } from '../frame/verb.ts';
import { main } from '../main.ts';
import type { CensusReport } from './census-report.ts';

let cwd: string;

async function arb(line: string) {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr'): Output => ({
    isTty: false,
    columns: 80,
    write(text) {
      written[name] += text;
    },
    line(text) {
      written[name] += `${text}\n`;
    },
  });
  const code = await main(line.split(' '), {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    cwd,
    clock: createSystemClock(),
    version: '1.2.3',
    stopSignal: () => new AbortController().signal,
  });
  return { code, ...written };
}

async function census(line: string): Promise<CensusReport> {
  const { stdout } = await arb(`census ${line} --json`);
  return JSON.parse(stdout) as CensusReport;
}

const SECONDS = 12;

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'arb-census-'));
  const { code } = await arb(`record --simulated-time --seed 1 --duration ${SECONDS} --out rec`);
  expect(code).toBe(0);
}, 60_000);

afterAll(() => rmSync(cwd, { recursive: true }));

describe('arb census', () => {
  it('counts the same in a recording as in the market that it was made of, whoever recorded it with what capital', async () => {
    const { source, ...ofMarket } = await census(`--market built-in --seed 1 --duration ${SECONDS}`);
    const { source: recorded, ...ofRecording } = await census('--recording rec');
    expect(ofMarket.gaps.count).toBeGreaterThan(2);
    expect(ofRecording).toEqual(ofMarket);
    expect(recorded).toMatchObject({ kind: 'recording', runs: 1, events: source.events, missingEvents: 0 });
    expect(source).toMatchObject({ kind: 'market', seed: 1 });
    // The recording holds the events of a run, and the configuration of whoever asks decides.
    const small = await census('--recording rec --costs-base-fee-lamports 40000000');
    expect(small.gaps.count).toBeLessThan(ofMarket.gaps.count);
  });

  it('says the verdict with its tables in words, names mints as people do, and exits with 1 for NO-GO', async () => {
    const some = await arb('census --recording rec');
    expect(some.code).toBe(0);
    expect(some.stdout).toMatch(/^MARGINAL: .* SOL an hour at a latency of 1 slot and a tip of 50 %/m);
    expect(some.stdout).toMatch(/latency +tip +none +p25 0\.000005 +p50 0\.00001 +p75 0\.001/);
    expect(some.stdout).toMatch(/^ {2}\S*SOL\S* +\d+ +\d/m);
    const none = await arb('census --market built-in --duration 2 --costs-base-fee-lamports 90000000000');
    expect(none.code).toBe(1);
    expect(none.stdout).toMatch(
      /^NO-GO: no gap opened in 1\.6 s that pays more than its base and priority fee/m,
    );
  });

  it('takes the latencies asked for, rising, and judges by the configured one or the next longer', async () => {
    const { value, verdict } = await census('--recording rec --latency-slots 4,2,2');
    expect(value.map(({ latencySlots }) => latencySlots)).toEqual([2, 4]);
    expect(verdict.latencySlots).toBe(2);
    expect((await census('--recording rec --paper-latency-slots 3')).verdict.latencySlots).toBe(3);
  });

  it('says NO-GO to a recording that holds no event', async () => {
    const { code } = await arb('record --simulated-time --duration 1 --out empty');
    expect(code).toBe(0);
    const [name = ''] = readdirSync(join(cwd, 'empty'));
    const path = join(cwd, 'empty', name);
    // The file's first 8 bytes, then the header block: 40 bytes and its payload.
    truncateSync(path, 8 + 40 + readFileSync(path).readUInt32LE(8 + 8));
    const { stdout, ...empty } = await arb('census --recording empty --json');
    expect(empty.code).toBe(1);
    const { verdict, coverage } = JSON.parse(stdout) as CensusReport;
    expect(verdict).toMatchObject({ answer: 'NO-GO', reasons: [expect.stringMatching(/holds no event/)] });
    expect(coverage).toMatchObject({ slots: 0, usableSlots: 0, unusablePercent: 100 });
    // Beside another run it changes nothing.
    const { source, ...both } = await census('--recording rec empty');
    const { source: _, ...one } = await census('--recording rec');
    expect(source).toMatchObject({ runs: 2, names: ['rec', 'empty'] });
    expect(both).toEqual(one);
  });

  it('counts everything after missing events as lost, says so, and gives what was before', async () => {
    const seconds = 90;
    expect((await arb(`record --simulated-time --duration ${seconds} --out bent`)).code).toBe(0);
    const [name = ''] = readdirSync(join(cwd, 'bent'));
    const path = join(cwd, 'bent', name);
    const bytes = readFileSync(path);
    // Blocks: kind at 4 (1: events), length of the payload at 8, the payload at 40. The last but one with events is bent: the first ones hold the accounts as they stood.
    const blocks: number[] = [];
    for (let at = 8; at < bytes.length; at += 40 + bytes.readUInt32LE(at + 8))
      if (bytes[at + 4] === 1) blocks.push(at);
    expect(blocks.length).toBeGreaterThan(3);
    bytes[blocks.at(-2)! + 100]! ^= 1;
    writeFileSync(path, bytes);
    const { stdout, stderr } = await arb('census --recording bent --json');
    const { source, coverage, verdict } = JSON.parse(stdout) as CensusReport;
    expect(source.missingEvents).toBeGreaterThan(0);
    expect(stderr).toMatch(/^damaged: .*bent/m);
    expect(coverage.usableSlots).toBeGreaterThan(0);
    expect(coverage.lostSlots).toBeGreaterThan(0);
    expect(coverage.usableSlots + coverage.lostSlots + coverage.startingSlots).toBe((seconds * 1_000) / 400);
    expect(verdict.unusablePercent).toBeGreaterThan(10);
  });

  it.each([
    ['', 2, /arb census needs --recording DIR\|FILE or --market built-in\|FILE/],
    ['--recording rec --market built-in', 2, /give --recording or --market, not both/],
    ['rec', 2, /a recording is named by --recording rec/],
    ['--market live', 2, /--market live cannot be counted ahead: arb record --market live, then --recording/],
    ['--recording rec --duration 5', 2, /--duration goes with --market/],
    ['--recording rec --seed 5', 2, /--seed goes with --market/],
    ['--market built-in --duration 0', 2, /--duration must be a number of seconds above 0, not 0/],
    ['--recording rec --latency-slots 0,x', 2, /--latency-slots must be .* such as 0,1,2,3, not "x"/],
    ['--recording rec --latency-slots 1,,2', 2, /not ""/],
    ['--recording rec --latency-slots -1', 2, /--latency-slots/],
    ['--recording rec --latency-slots 151', 2, /from 0 to 150 .*, not "151"/],
    ['--recording nowhere', 3, /cannot read .*nowhere/],
    ['--recording .', 3, /no recording at .*: a recording is made of \*\.arbrec files/],
    ['--market nowhere.json', 3, /nowhere\.json/],
  ])('answers "census %s" with code %i and why', async (line, code, message) => {
    const answer = await arb(line === '' ? 'census' : `census ${line}`);
    expect(answer).toMatchObject({ code, stdout: '' });
    expect(answer.stderr).toMatch(message);
  });
});
