import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { createManualClock } from '../../../shared/core/clock.ts';
import { createLogger } from '../../../shared/platform/process/log.ts';
import { createUniverseWatch, type UniverseWatch } from './universe-watch.ts';

const FIRST = { venue: 'orca-whirlpool', address: USDC_MINT };
const SECOND = { venue: 'raydium-cpmm', address: WSOL_MINT };

let folder = '';
let path = '';
let heard: string[] = [];
let watch: UniverseWatch | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'universe-watch-'));
  path = join(folder, 'u.json');
  heard = [];
});

afterEach(() => {
  watch?.stop();
  rmSync(folder, { recursive: true });
});

function write(pools: readonly object[], more: object = {}): void {
  writeFileSync(path, JSON.stringify({ version: 1, pools, ...more }));
}

function start(): UniverseWatch {
  const clock = createManualClock(0);
  const pipeline = {
    process: (event: { pools: readonly { venue: string }[]; offMints: readonly string[] }) =>
      void heard.push(`${event.pools.map(({ venue }) => venue).join()}/${event.offMints.length}`),
  };
  const stream = { write: () => true, line: () => {} };
  watch = createUniverseWatch({ path, pipeline, clock, log: createLogger({ stream, clock }), everyMs: 5 });
  watch.start();
  return watch;
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !holds(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(holds()).toBe(true);
}

describe('the watch over the universe file', () => {
  test('tells the universe at once, and again after each change of what is in force', async () => {
    write([FIRST]);
    start();
    expect(heard).toEqual(['orca-whirlpool/0']);
    write([FIRST, SECOND]);
    await until(() => heard.length === 2);
    write([FIRST, SECOND], { mints: [{ address: WSOL_MINT, enabled: false }] });
    await until(() => heard.length === 3);
    expect(heard.slice(1)).toEqual(['orca-whirlpool,raydium-cpmm/0', 'orca-whirlpool,raydium-cpmm/1']);
  });

  test('says nothing when only a comment of the file changed', async () => {
    write([FIRST]);
    const { problem } = start();
    write([{ ...FIRST, liquidityUsd: 5 }]);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([heard.length, problem]).toEqual([1, '']);
  });

  test('keeps what was in force while the file is broken or gone, says why, and recovers', async () => {
    write([FIRST]);
    const running = start();
    writeFileSync(path, '{"version": 1');
    await until(() => running.problem.includes('is not JSON'));
    rmSync(path);
    await until(() => running.problem.includes('cannot read'));
    expect(heard).toHaveLength(1);
    write([SECOND]);
    await until(() => heard.length === 2);
    expect(running.problem).toBe('');
  });
});
