import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Address, USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { createSystemClock } from '../../../shared/platform/process/system-clock.ts';
import type { UniverseFile } from '../../../shared/platform/universe/universe-file.ts';
import { type LocalNode, startLocalNode } from '../../../shared/sim/wire/node.ts';
import { createWorld, type World } from '../../../shared/sim/world.ts';
import { VENUES } from '../../../shared/venues/registry.ts';
import { withTokenAmount } from '../../../shared/venues/token/token.ts';
import type { Output } from '../frame/verb.ts';
import { main } from '../main.ts';

const USDT = 'Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB' as Address;
const MINTS = ['--mint', WSOL_MINT, '--mint', USDC_MINT, '--mint', USDT];

let world: World;
let node: LocalNode;
let folder = '';

beforeAll(async () => {
  world = createWorld({ market: 'built-in', seed: 5 });
  node = await startLocalNode({ bank: world.bank });
});
afterAll(() => node.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'discover-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Runs `arb discover … --json` against the local node, in the test's folder. */
async function discover(...args: readonly string[]) {
  const written = { stdout: '', stderr: '' };
  const output = (name: 'stdout' | 'stderr'): Output => ({
    isTty: false,
    columns: 80,
    write: (text) => {
      written[name] += text;
    },
    line: (text) => {
      written[name] += `${text}\n`;
    },
  });
  const code = await main(['discover', '--rpc-url', node.rpcUrl, '--json', ...args], {
    stdout: output('stdout'),
    stderr: output('stderr'),
    env: {},
    cwd: folder,
    clock: createSystemClock(),
    version: '0',
    stopSignal: () => new AbortController().signal,
  });
  return { code, ...written, report: code < 2 ? (JSON.parse(written.stdout) as Report) : undefined };
}

interface Report {
  readonly file: string | null;
  readonly kept: readonly {
    readonly venue: string;
    readonly address: Address;
    readonly liquidityUsd: number | null;
  }[];
  readonly rejected: readonly { readonly address: Address; readonly reason: string }[];
  readonly dropped: readonly { readonly address: Address }[];
}

function written(name = 'universe.json'): UniverseFile {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as UniverseFile;
}

/** What the market really holds for the mints. */
function pairPools(mints: readonly Address[]): string[] {
  return world.market.pools
    .filter(({ venue, address }) => {
      const loaded = VENUES.find(({ id }) => id === venue)!.load(address, (at) => world.bank.get(at));
      return loaded.ok && mints.includes(loaded.state.mintA) && mints.includes(loaded.state.mintB);
    })
    .map(({ address }) => address)
    .sort();
}

describe('arb discover', () => {
  test('finds the pools of every pair on every venue, with what they hold in dollars', async () => {
    const { code, report } = await discover(...MINTS);
    expect(code).toBe(0);
    const expected = pairPools([WSOL_MINT, USDC_MINT, USDT]);
    expect(report!.kept.map(({ address }) => address).sort()).toEqual(expected);
    expect(new Set(report!.kept.map(({ venue }) => venue)).size).toBe(VENUES.length);
    for (const { liquidityUsd } of report!.kept) expect(liquidityUsd).toBeGreaterThan(1_000);
    expect(
      written()
        .pools.map(({ address }) => address)
        .sort(),
    ).toEqual(expected);
  });

  test('leaves out thin, empty and unusable pools with the reason', async () => {
    const everything = (await discover(...MINTS)).report!;
    const limit = 1_000_000;
    const [victim] = everything.kept.filter(({ venue }) => venue === 'raydium-cpmm');
    const loaded = VENUES.find(({ id }) => id === 'raydium-cpmm')!.load(victim!.address, (at) =>
      world.bank.get(at),
    );
    if (!loaded.ok) throw new Error('the pool does not load');
    const vault = loaded.state.vaultA;
    const before = world.bank.get(vault)!;
    world.bank.set({ address: vault, account: withTokenAmount(before, 0n) });
    world.bank.advanceSlot();
    const { report } = await discover(...MINTS, '--min-liquidity', String(limit));
    world.bank.set({ address: vault, account: before });
    world.bank.advanceSlot();
    const reasons = new Map(report!.rejected.map(({ address, reason }) => [address, reason]));
    expect(reasons.get(victim!.address)).toMatch(/empty|no-liquidity|side/);
    for (const { address, liquidityUsd } of everything.kept) {
      if (address === victim!.address) continue;
      if (liquidityUsd! < limit) expect(reasons.get(address)).toContain(`less than $${limit}`);
      else expect(report!.kept.map((pool) => pool.address)).toContain(address);
    }
  });

  test('merges: switches and other pools stay, covered ones that are gone go', async () => {
    await discover(...MINTS);
    const file = written();
    const [first] = file.pools;
    const foreign = { venue: 'orca-whirlpool', address: world.market.mints[5]!.address };
    const ghost = { venue: 'orca-whirlpool', address: USDT, mintA: WSOL_MINT, mintB: USDC_MINT };
    writeFileSync(
      join(folder, 'universe.json'),
      JSON.stringify({
        ...file,
        venues: { 'phoenix-v1': false },
        pools: [{ ...first, enabled: false }, ...file.pools.slice(1), foreign, ghost],
      }),
    );
    const { report } = await discover(...MINTS);
    const after = written();
    expect(report!.dropped.map(({ address }) => address)).toEqual([USDT]);
    expect(after.venues).toEqual({ 'phoenix-v1': false });
    expect(after.pools).toContainEqual(foreign);
    expect(after.pools.find(({ address }) => address === first!.address)?.enabled).toBe(false);
    expect(after.pools).toHaveLength(file.pools.length + 1);
  });

  test('that is stopped says so, and nothing of an endpoint that did no wrong', async () => {
    const stop = new AbortController();
    const said: string[] = [];
    const output: Output = {
      isTty: false,
      columns: 80,
      write() {},
      line(text) {
        said.push(text);
        if (text.startsWith('asking ')) queueMicrotask(() => stop.abort('SIGINT'));
      },
    };
    const code = await main(['discover', '--rpc-url', node.rpcUrl, ...MINTS], {
      stdout: output,
      stderr: output,
      env: {},
      cwd: folder,
      clock: createSystemClock(),
      version: '0',
      stopSignal: () => stop.signal,
    });
    expect([code, said.at(-1)]).toEqual([1, 'stopped: nothing is written']);
    expect(said.join('\n')).not.toMatch(/unreachable|aborted/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('writes nothing and exits 1 when no pool is kept', async () => {
    const { code, report } = await discover(...MINTS, '--min-liquidity', '1000000000000000');
    expect([code, report!.file, report!.kept]).toEqual([1, null, []]);
    expect(() => written()).toThrow('ENOENT');
  });

  test.each([
    [['--mint', WSOL_MINT], '--mint must name two different mints'],
    [['--mint', WSOL_MINT, '--mint', 'abc'], '--mint abc is not a mint address'],
    [[...MINTS, '--venue', 'raydium-cpm'], 'did you mean raydium-cpmm?'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await discover(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  test('does not touch a universe file that it cannot read', async () => {
    writeFileSync(join(folder, 'mine.json'), '{"version": 7}');
    const { code, stderr } = await discover(...MINTS, '--out', 'mine.json');
    expect(code).toBeGreaterThan(1);
    expect(stderr).toContain('mine.json');
    expect(readFileSync(join(folder, 'mine.json'), 'utf8')).toBe('{"version": 7}');
  });
});
