import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../shared/core/address.ts';
import { CONFIG_KEYS } from '../../shared/platform/config/keys.ts';
import type { LoadedConfig } from '../../shared/platform/config/load.ts';
import { createSystemClock } from '../../shared/platform/process/system-clock.ts';
import { acceptedFlags } from './frame/parse-flags.ts';
import { isAmong } from './frame/used-keys.ts';
import type { Output } from './frame/verb.ts';
import { main } from './main.ts';
import { VERBS } from './verbs.ts';

/** Configuration keys that the verb under test has read. */
const read = vi.hoisted(() => new Set<string>());

vi.mock(import('../../shared/platform/config/load.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    loadConfig(inputs) {
      const loaded = real.loadConfig(inputs);
      return { ...loaded, config: watched(loaded.config, '') as LoadedConfig['config'] };
    },
  };
});

/** The configuration with getters in place of its keys. */
function watched(section: object, path: string): object {
  const copy = {};
  for (const [name, value] of Object.entries(section)) {
    const key = path === '' ? name : `${path}.${name}`;
    const isKey = CONFIG_KEYS.some((known) => known.path === key);
    const inner = isKey ? value : watched(value as object, key);
    Object.defineProperty(copy, name, {
      enumerable: true,
      get() {
        if (isKey) read.add(key);
        return inner;
      },
    });
  }
  return copy;
}

/** Many command lines each; a busy machine takes its time. */
vi.setConfig({ testTimeout: 180_000 });

let cwd = '';

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'arb-flags-'));
  read.clear();
});

afterEach(() => rmSync(cwd, { recursive: true }));

async function arb(args: readonly string[], env: Record<string, string> = {}) {
  const text = { stdout: '', stderr: '' };
  const output = (to: 'stdout' | 'stderr'): Output => ({
    isTty: false,
    columns: 80,
    write(more) {
      text[to] += more;
    },
    line(more) {
      text[to] += `${more}\n`;
    },
  });
  const code = await main([...args], {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env,
    cwd,
    clock: createSystemClock(),
    version: '0',
    stopSignal: () => new AbortController().signal,
    atForcedEnd: () => {},
  });
  return { code, ...text };
}

/** A census counts with tips and odds of its own: it copies these with the others and writes over them. */
const OVERWRITTEN = ['costs.tipLamports', 'costs.landingOdds', 'costs.revertOdds'];

const LIVE = [
  '--market',
  'live',
  '--rpc-url',
  'http://127.0.0.1:1',
  '--universe-pools',
  `phoenix-v1:${USDC_MINT}`,
];
const MINTS = ['--mint-in', WSOL_MINT, '--mint-out', USDC_MINT, '--amount', '1000000000'];
/** One cheap run of each verb that reads only a part of the configuration. */
const RUNS: readonly (readonly string[])[] = [
  ['optimum', '--start-mint', WSOL_MINT, '--max-in', '0'],
  ['compare', ...MINTS],
  ['venues'],
  ['chain'],
  ['census', '--market', 'built-in', '--duration', '1'],
];

describe('no flag is ignored in silence', () => {
  it.each(VERBS.map(({ name }) => name))(
    'arb %s takes each configuration flag or refuses it by name',
    async (name) => {
      const verb = await VERBS.find((entry) => entry.name === name)!.load();
      const accepted = acceptedFlags(verb);
      for (const { flag, path } of CONFIG_KEYS) {
        const isRead = verb.usesConfig === true || isAmong(path, verb.usesConfig ?? []);
        if (isRead) expect(Object.keys(accepted)).toContain(flag);
        if (Object.hasOwn(accepted, flag)) continue;
        const { code, stderr } = await arb([name, `--${flag}`, '1']);
        expect([flag, code]).toEqual([flag, 2]);
        expect(stderr).toContain(`--${flag}`);
      }
    },
  );

  it.each(RUNS.map((args) => [args[0]!, args] as const))(
    'arb %s reads no key whose flag it refuses',
    async (name, args) => {
      const verb = await VERBS.find((entry) => entry.name === name)!.load();
      const { code, stderr } = await arb(args);
      expect(`${code > 1 ? stderr : ''}`).toBe('');
      const declared = verb.usesConfig as readonly string[];
      const own = (key: string) => verb.flags[CONFIG_KEYS.find(({ path }) => path === key)!.flag];
      const undeclared = [...read].filter(
        (key) => !isAmong(key, declared) && own(key) === undefined && !OVERWRITTEN.includes(key),
      );
      expect(undeclared).toEqual([]);
    },
  );

  it.each([
    [['optimum', '--start-mint', WSOL_MINT, '--rpc-url', 'http://127.0.0.1:1'], '--rpc-url'],
    [['optimum', '--start-mint', WSOL_MINT, '--snapshot', 'x.json', '--seed', '3'], '--seed'],
    [['optimum', '--start-mint', WSOL_MINT, '--snapshot', 'x.json', '--slots', '3'], '--slots'],
    [['compare', ...MINTS, '--snapshot', 'x.json', '--market', 'built-in'], '--market'],
    [['venues', '--reason', 'because'], '--reason'],
    [['venues', '--override', 'phoenix-v1', '--reason', 'x', '--json'], '--json'],
    [['venues', '--universe-pools', `phoenix-v1:${USDC_MINT}`], '--universe-pools'],
    [['run', '--rpc-url', 'http://127.0.0.1:1'], '--rpc-url'],
    [['run', '--simulated-time', '--duration', '1', '--port', '1'], '--port'],
    [['run', '--simulated-time', '--duration', '1', '--store-dir', 'x'], '--store-dir'],
    [['run', '--recorder-zstd-level', '3'], '--recorder-zstd-level'],
    [
      ['record', '--out', 'x', '--recorder-bucket-endpoint', 'http://127.0.0.1:1'],
      '--recorder-bucket-endpoint',
    ],
    [['run', '--helius-url', 'http://127.0.0.1:1'], '--helius-url'],
    [['run', '--feed-redundancy', '2'], '--feed-redundancy'],
    [['run', ...LIVE, '--jupiter-alarm-bps', '9'], '--jupiter-alarm-bps'],
    [['run', ...LIVE, '--helius-priority-level', 'low'], '--helius-priority-level'],
    [['chain', '--rpc-url', 'http://127.0.0.1:1', '--seed', '3'], '--seed'],
    [['chain', '--recording', 'x', '--rpc-url', 'http://127.0.0.1:1'], '--rpc-url'],
    [['chaos', 'outages', '--rpc-timeout-ms', '500'], '--rpc-timeout-ms'],
    [['chaos', 'limits', '--paper-latency-slots', '2'], '--paper-latency-slots'],
    [['chaos', 'feeds', '--risk-max-pending', '2'], '--risk-max-pending'],
    [['chaos', 'providers', '--seed', '2'], '--seed'],
    [['chaos', 'chain', '--store-dir', 'x'], '--store-dir'],
    [['run', '--simulated-time', '--duration', '1', '--universe-file', 'u.json'], '--universe-file'],
    [['record', '--out', 'x', '--recorder-dir', 'y'], '--recorder-dir'],
    [['prove', '--compute-caps', '--programs', '.', '--store-dir', 'x'], '--store-dir'],
    [['chaos', 'feeds', '--demand', '5'], '--demand'],
    [['chaos', 'limits', '--faults', 'reset'], '--faults'],
    [
      ['discover', '--mint', WSOL_MINT, '--mint', USDC_MINT, '--out', 'x', '--universe-file', 'y'],
      '--universe-file',
    ],
  ] as const)('%j is refused: the flag would change nothing', async (args, flag) => {
    const { code, stderr } = await arb(args);
    expect(code).toBe(2);
    expect(stderr).toContain(`${flag} would change nothing`);
  });

  it.each(['-1', '-0.01'])(
    'a least liquidity of %s dollars is refused, not taken for none',
    async (dollars) => {
      const mints = ['--mint', WSOL_MINT, '--mint', USDC_MINT];
      const { code, stderr } = await arb(['discover', ...mints, '--min-liquidity', dollars]);
      expect([code, stderr]).toEqual([2, expect.stringContaining(`0 or more, not ${dollars}`)]);
    },
  );

  it('a universe file is what optimum, compare and venues look at', async () => {
    const all = JSON.parse((await arb(['venues', '--json'])).stdout) as {
      pools: { venue: string; pool: string }[];
    };
    const two = all.pools.filter(({ venue }) => venue === 'raydium-cpmm').slice(0, 2);
    const pools = two.map(({ venue, pool }) => ({ venue, address: pool }));
    writeFileSync(join(cwd, 'u.json'), JSON.stringify({ version: 1, pools }));
    const named = ['--universe-file', 'u.json', '--json'];
    const venues = JSON.parse((await arb(['venues', ...named])).stdout) as typeof all;
    expect(venues.pools.map(({ pool }) => pool).sort()).toEqual(two.map(({ pool }) => pool).sort());
    for (const args of [['optimum', '--start-mint', WSOL_MINT], ['compare', ...MINTS], ['venues']]) {
      const { code, stderr } = await arb([...args, '--universe-file', 'absent.json']);
      expect([args[0], code]).toEqual([args[0], 3]);
      expect(stderr).toMatch(/absent\.json.*arb discover/);
      expect(stderr).not.toContain('    at ');
    }
  });

  it('a flag that npm took for itself is named, with the way to write it', async () => {
    const npm = { npm_lifecycle_event: 'arb', npm_lifecycle_script: 'exec node functions/cli/arb.ts' };
    const { code, stderr } = await arb(['config'], { ...npm, npm_config_json: 'true' });
    expect(code).toBe(2);
    expect(stderr).toContain('npm run -s arb -- config --json');
    expect((await arb(['config'], npm)).code).toBe(0);
    const elsewhere = {
      npm_lifecycle_event: 'test',
      npm_lifecycle_script: 'vitest run',
      npm_config_json: 'true',
    };
    expect((await arb(['config'], elsewhere)).code).toBe(0);
  });

  it.each(
    CONFIG_KEYS.filter(({ notes }) => notes.secretIn?.('') === true).map(({ flag, env }) => [flag, env]),
  )('the secret --%s is not taken from a command line; the way is %s', async (flag, env) => {
    const { code, stderr } = await arb(['run', `--${flag}`, 'hunter2']);
    expect(code).toBe(2);
    expect(stderr).toContain(env);
    expect(stderr).not.toContain('hunter2');
  });

  it('a token among the endpoints is not taken either, and a key in a URL is warned of', async () => {
    const endpoint = { name: 'a', provider: 'generic', url: 'https://rpc.example', token: 'hunter2' };
    const refused = await arb(['config', '--rpc-endpoints', JSON.stringify([endpoint])]);
    expect([refused.code, refused.stderr.includes('ARB_RPC_ENDPOINTS')]).toEqual([2, true]);
    const warned = await arb(['config', '--rpc-url', 'https://rpc.example/?api-key=hunter2']);
    expect([warned.code, warned.stderr.includes('ARB_RPC_URL')]).toEqual([0, true]);
    expect(refused.stderr + warned.stderr).not.toContain('hunter2');
    for (const plain of ['https://rpc.example', 'http://127.0.0.1:8899/?api-key=local'])
      expect(await arb(['config', '--rpc-url', plain])).toMatchObject({ code: 0, stderr: '' });
  });
});
