import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WSOL_MINT } from '../../shared/core/address.ts';
import { CONFIG_KEYS } from '../../shared/platform/config/keys.ts';
import { createSystemClock } from '../../shared/platform/process/system-clock.ts';
import { main } from './main.ts';

const ARB = fileURLToPath(new URL('./arb.ts', import.meta.url));
let cwd = '';

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'arb-hostile-'));
});

afterEach(() => rmSync(cwd, { recursive: true }));

/** Exit code and what was said. */
async function arb(args: readonly string[], env: Record<string, string> = {}) {
  let stderr = '';
  const output = (keep: boolean) => ({
    isTty: false,
    columns: 80,
    write(text: string) {
      if (keep) stderr += text;
    },
    line(text: string) {
      if (keep) stderr += `${text}\n`;
    },
  });
  const code = await main([...args], {
    stdout: output(false),
    stderr: output(true),
    env,
    cwd,
    clock: createSystemClock(),
    version: '0',
    stopSignal: () => new AbortController().signal,
    atForcedEnd: () => {},
  });
  return { code, stderr };
}

const LEVELS = 200_000;
const DEEP: Readonly<Record<string, string>> = {
  lists: `${'['.repeat(LEVELS)}${']'.repeat(LEVELS)}`,
  objects: `${'{"a":'.repeat(LEVELS)}1${'}'.repeat(LEVELS)}`,
  'within a field': `{"version": 1, "mints": ${'['.repeat(LEVELS)}${']'.repeat(LEVELS)}, "pools": []}`,
  'never closed': '[{"a":'.repeat(LEVELS),
};

function expectRefusal({ code, stderr }: { code: number; stderr: string }, named: string): void {
  expect([2, 3]).toContain(code);
  expect(stderr).toContain(named);
  expect(stderr).not.toMatch(/\n {4}at |Maximum call stack/);
  expect(stderr.length).toBeLessThan(2_000);
}

describe.each(Object.entries(DEEP))(
  'JSON that nests too deeply (%s) is refused by name, without a stack,',
  (_, text) => {
    it.each([
      ['a universe', ['venues', '--universe-file', 'deep.json']],
      ['a snapshot', ['search', '--snapshot', 'deep.json']],
      ['a market', ['run', '--simulated-time', '--duration', '1', '--market', 'deep.json']],
      ['a file of vectors', ['quote', '--vectors', 'deep.json']],
      ['a configuration', ['config', '--config', 'deep.json']],
      [
        'a universe to merge with',
        ['discover', '--mint', WSOL_MINT, '--mint', WSOL_MINT.replace('S', 'T'), '--out', 'deep.json'],
      ],
    ])('in %s', async (_what, args) => {
      writeFileSync(join(cwd, 'deep.json'), text);
      expectRefusal(await arb(args), args[0] === 'discover' ? '' : 'deep.json');
    });

    it('in the proofs', async () => {
      mkdirSync(join(cwd, 'data'));
      writeFileSync(join(cwd, 'data', 'proofs.json'), text);
      expectRefusal(await arb(['venues', '--store-dir', 'data']), 'proofs.json');
    });

    it('in every variable of the environment, or taken as the text it is', async () => {
      for (const { env } of CONFIG_KEYS) {
        const answer = await arb(['config'], { [env]: text });
        if (answer.code !== 0) expectRefusal(answer, '');
      }
    });
  },
);

describe('a pipe in place of a file', () => {
  // In a process of its own: a read that waits for ever would take this one with it.
  const arbIn = (args: readonly string[]) =>
    spawnSync(process.execPath, [ARB, ...args], { cwd, timeout: 30_000, encoding: 'utf8' });

  it.each([
    ['a universe', ['venues', '--universe-file', 'pipe']],
    ['a snapshot', ['search', '--snapshot', 'pipe']],
    ['a file of vectors', ['quote', '--vectors', 'pipe']],
    ['a configuration', ['config', '--config', 'pipe']],
    ['a recording', ['recording', 'info', 'pipe']],
  ])(
    'is refused at once as %s',
    (_what, args) => {
      expect(spawnSync('mkfifo', [join(cwd, 'pipe')]).status).toBe(0);
      const { status, stderr, signal } = arbIn(args);
      expect([status, signal]).toEqual([3, null]);
      expect(stderr).toMatch(/pipe.*it is (a pipe or a device|no regular file)/);
    },
    60_000,
  );
});

describe('a name that objects keep for themselves', () => {
  it.each([
    ['--paper-balances', '__proto__=1'],
    ['--risk-max-trade-in', '{"__proto__": "1"}'],
    ['--limits-per-hour', '__proto__=1'],
  ])('%s %s is refused as any other name that is none', async (flag, text) => {
    expectRefusal(await arb(['config', flag, text]), '__proto__');
  });
});

describe('a login in a URL whose escape is none', () => {
  const BAD = 'http://u%ZZ:p@127.0.0.1:1';

  it.each([
    ['rpc.url', ['config', '--rpc-url', BAD]],
    [
      'rpc.endpoints',
      ['config', '--rpc-endpoints', JSON.stringify([{ name: 'a', provider: 'generic', url: BAD }])],
    ],
    ['jupiter.url', ['config', '--jupiter-url', BAD]],
  ])('is refused in %s with the way to write it', async (key, args) => {
    const answer = await arb(args);
    expectRefusal(answer, key);
    expect(answer.stderr).toContain('%25');
    expect(answer.stderr).not.toContain('u%ZZ');
  });

  it('is refused where the URL comes past the configuration', async () => {
    writeFileSync(join(cwd, 's.json'), '{}');
    const { code, stderr } = await arb(['prove', '--snapshot', 's.json', '--rpc', BAD]);
    expect([2, 3]).toContain(code);
    expect(stderr).not.toContain('    at ');
  });
});

describe('a configuration key with dots', () => {
  it.each([
    ['{"risk.maxLossLamports": 5}', '{"risk": {"maxLossLamports": …}}'],
    ['{"risk.maxLosLamports": 5}', '{"risk": {"maxLossLamports": …}}'],
    ['{"rpc.url": "http://127.0.0.1:1"}', '{"rpc": {"url": …}}'],
  ])('is told to be nested: %s', async (text, way) => {
    writeFileSync(join(cwd, 'arb.config.json'), text);
    const { code, stderr } = await arb(['config']);
    expect(code).toBe(2);
    expect(stderr).toContain(way);
    expect(stderr).not.toContain('did you mean');
  });
});
