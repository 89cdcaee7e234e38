import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLocalMarket } from '../../shared/run/local-market.ts';
import { startLocalNode } from '../../shared/sim/wire/node.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What .dockerignore lets into the image: the last line that matches decides, as Docker has it. */
function imageFiles(): readonly string[] {
  const rules = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const carries = line.startsWith('!');
      const source = line
        .slice(carries ? 1 : 0)
        .replaceAll('.', '\\.')
        .replaceAll('**/', '\0')
        .replaceAll('*', '[^/]*')
        .replaceAll('\0', '(?:.*/)?');
      return { carries, pattern: new RegExp(`^${source}(?:/.*)?$`) };
    });
  const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  return tracked
    .split('\n')
    .filter((path) => path !== '' && rules.findLast(({ pattern }) => pattern.test(path))?.carries === true);
}

let image: string;
let files: readonly string[];
beforeAll(() => {
  image = mkdtempSync(join(tmpdir(), 'arb-image-'));
  files = imageFiles();
  for (const path of files) cpSync(join(ROOT, path), join(image, path));
  symlinkSync(join(ROOT, 'node_modules'), join(image, 'node_modules'));
});
afterAll(() => rmSync(image, { recursive: true, force: true }));

async function arb(...args: string[]) {
  const child = spawn(process.execPath, ['functions/cli/arb.ts', ...args], { cwd: image });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (data) => (said.stdout += String(data)));
  child.stderr.on('data', (data) => (said.stderr += String(data)));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  return { ...said, code };
}

describe('what the container image holds', () => {
  it('has neither a chain of its own, nor samples, proofs, benches and tests', () => {
    expect(files.length).toBeGreaterThan(300);
    expect(
      files.filter((path) => /sim\/|\/local\/|\/sample\/|\/prove\/|\/chaos\/|\.bench|\.test/.test(path)),
    ).toEqual([]);
  });

  it('says which verbs and markets it does not carry', async () => {
    expect(await arb('--help')).toMatchObject({ code: 0 });
    const run = await arb('run', '--store-dir', join(image, 'none'));
    expect(run).toMatchObject({ code: 2 });
    expect(run.stderr).toContain('this installation does not carry a market of its own');
    const chaos = await arb('chaos', 'feeds');
    expect(chaos).toMatchObject({ code: 2 });
    expect(chaos.stderr).toContain('this installation does not carry arb chaos');
  }, 60_000);

  it('follows a chain, trades on paper and drains', async () => {
    const { world, pools } = createLocalMarket('built-in', 7);
    const node = await startLocalNode({ bank: world.bank, onSlotStart: () => world.traders.trade() });
    try {
      const named = pools.slice(0, 12).map(({ venue, address }) => ({ venue: venue.id, address }));
      const ran = await arb(
        ...['run', '--market', 'live', '--rpc-url', node.rpcUrl, '--rpc-ws-url', node.wsUrl],
        ...['--universe-pools', JSON.stringify(named), '--duration', '4', '--port', '0', '--json'],
        ...['--store-dir', join(image, 'store')],
      );
      expect(ran, ran.stderr).toMatchObject({ code: 0 });
      const summary = JSON.parse(ran.stdout) as { slots: number; updates: number };
      expect(summary.slots).toBeGreaterThan(0);
      expect(summary.updates).toBeGreaterThan(0);
    } finally {
      await node.stop();
    }
  }, 90_000);
});
