import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { readVectorFile } from '../platform/files/snapshot-file.ts';
import { localHalf } from './local-registry.ts';
import { VENUES } from './registry.ts';
import { replayVectors, type VectorFile } from './vectors.ts';

const FOLDER = process.env.ARB_VECTORS;
const SWAPS: Readonly<Record<string, number>> = { 'orca-whirlpool': 424, 'raydium-cpmm': 61 };

/** Why a venue's vectors cannot be replayed here; undefined when they can. */
function skipReason(id: string): string | undefined {
  if (FOLDER === undefined) return 'ARB_VECTORS is not set: it names the folder of vector files';
  const path = join(FOLDER, `${id}.json`);
  return existsSync(path) ? undefined : `${path} does not exist`;
}

describe.each(VENUES.map(({ id }) => id))('the vectors of %s', (id) => {
  test('are all equal to the unit', (context) => {
    const reason = skipReason(id);
    if (reason !== undefined) {
      console.log(`skipped: vectors of ${id}: ${reason}`);
      context.skip(reason);
    }
    const replay = replayVectors(readVectorFile(join(FOLDER!, `${id}.json`)));
    expect(replay.mismatches).toEqual([]);
    expect(replay.equal).toBe(replay.swaps);
    expect(replay.swaps).toBe(SWAPS[id] ?? replay.swaps);
  });
});

describe('the swaps that ran out of compute units on the programs', () => {
  const folder = FOLDER === undefined ? undefined : join(FOLDER, '..', 'cases');
  const files =
    folder === undefined || !existsSync(folder)
      ? []
      : readdirSync(folder).filter((name) => name.includes('.compute-limit.'));

  test('are all refused', (context) => {
    if (files.length === 0) {
      const reason = 'no *.compute-limit.* file in the folder cases beside ARB_VECTORS';
      console.log(`skipped: ${reason}`);
      context.skip(reason);
    }
    for (const name of files) {
      const replay = replayVectors(readVectorFile(join(folder!, name)));
      expect(replay.mismatches).toEqual([]);
      expect(replay.equal).toBe(replay.swaps);
    }
  });
});

const CLOCK = { slot: 1, unixTimestamp: 2_000_000_000, epoch: 1 };

/** A file with one synthesized pool of the first venue and these swaps. */
function fileOf(swaps: VectorFile['cases'][number]['swaps']): VectorFile {
  const venue = VENUES[0]!;
  const { address, accounts } = localHalf(venue).synthesize({
    seed: 'vectors',
    mintA: WSOL_MINT,
    mintB: USDC_MINT,
    decimalsA: 9,
    decimalsB: 6,
    price: 150,
    depthA: 1_000,
    feeBps: 25,
    variant: 0,
  });
  const held = accounts.map((write) => [write.address, write.account] as const);
  const mints = [WSOL_MINT, USDC_MINT].map((mint) => {
    const data = new Uint8Array(82);
    data[44] = mint === WSOL_MINT ? 9 : 6;
    data[45] = 1;
    return [
      mint,
      { owner: accounts.find((a) => a.account.data.length === 165)!.account.owner, lamports: 1n, data },
    ] as const;
  });
  return {
    venue: venue.id,
    cases: [{ name: 'one', pool: address, clock: CLOCK, accounts: new Map([...held, ...mints]), swaps }],
  };
}

const SWAP = { aToB: true, amountIn: 1_000_000n, amountOut: 1n, consumedIn: undefined };

describe('a replay', () => {
  test('tells what the program paid and what we quoted where they differ, at most ten times', () => {
    const replay = replayVectors(fileOf(Array.from({ length: 12 }, () => SWAP)));
    expect(replay).toMatchObject({ swaps: 12, equal: 0 });
    expect(replay.mismatches).toHaveLength(10);
    expect(replay.mismatches[0]).toMatchObject({
      case: 'one',
      aToB: true,
      amountIn: '1000000',
      expected: '1',
    });
    expect(Number(replay.mismatches[0]?.got)).toBeGreaterThan(1);
  });

  test('counts a swap the program failed as equal only when our quote refuses', () => {
    const file = fileOf([
      { ...SWAP, amountIn: 0n, amountOut: null },
      { ...SWAP, amountOut: null },
    ]);
    expect(replayVectors(file)).toMatchObject({ swaps: 2, equal: 1 });
  });

  test('compares the amount taken where the file gives it', () => {
    const paid = BigInt(replayVectors(fileOf([SWAP])).mismatches[0]?.got ?? '');
    const exact = { ...SWAP, amountOut: paid, consumedIn: SWAP.amountIn };
    expect(replayVectors(fileOf([exact]))).toMatchObject({ equal: 1 });
    const less = replayVectors(fileOf([{ ...exact, consumedIn: 5n }]));
    expect(less.mismatches[0]).toMatchObject({ expectedConsumed: '5', gotConsumed: '1000000' });
  });

  test('of a pool that does not load has no equal swap, not even a failed one', () => {
    const file = fileOf([{ ...SWAP, amountOut: null }]);
    const empty = { ...file, cases: file.cases.map((one) => ({ ...one, accounts: new Map() })) };
    const replay = replayVectors(empty);
    expect(replay).toMatchObject({ swaps: 1, equal: 0 });
    expect(replay.mismatches[0]?.reason).toContain(file.cases[0]!.pool);
  });

  test('of a venue that is not built names it', () => {
    expect(() => replayVectors({ venue: 'nowhere', cases: [] })).toThrow(/"nowhere" is not built/);
  });
});
