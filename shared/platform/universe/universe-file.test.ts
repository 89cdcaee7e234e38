import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import {
  EMPTY_UNIVERSE,
  enabledUniverse,
  parseUniverseFile,
  readUniverseFile,
  writeUniverseFile,
} from './universe-file.ts';

const POOL = { venue: 'orca-whirlpool', address: USDC_MINT };
const FILE = { version: 1, venues: {}, mints: [], pools: [POOL] };

function refusal(change: Record<string, unknown>): string {
  try {
    parseUniverseFile(JSON.stringify({ ...FILE, ...change }), 'u.json');
  } catch (error) {
    if (error instanceof ArbError && error.code === 'universe-invalid') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a universe file', () => {
  test('comes back as it was written, and nothing else is left in its folder', () => {
    const folder = mkdtempSync(join(tmpdir(), 'universe-'));
    try {
      const path = join(folder, 'universe.json');
      const universe = {
        ...EMPTY_UNIVERSE,
        venues: { 'phoenix-v1': false },
        mints: [{ address: WSOL_MINT, symbol: 'SOL', enabled: true }],
        pools: [{ ...POOL, mintA: WSOL_MINT, mintB: USDC_MINT, liquidityUsd: null, enabled: false }],
      };
      writeUniverseFile(path, universe);
      expect(readUniverseFile(path)).toEqual(universe);
      expect(readdirSync(folder)).toEqual(['universe.json']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('lets trade what no switch of pool or venue turns off, and names the mints that are off', () => {
    const other = { venue: 'phoenix-v1', address: WSOL_MINT };
    const universe = (change: object) =>
      enabledUniverse(
        parseUniverseFile(JSON.stringify({ ...FILE, pools: [POOL, other], ...change }), 'u.json'),
      );
    expect(universe({}).pools).toEqual([POOL, other]);
    expect(universe({ venues: { 'phoenix-v1': false } }).pools).toEqual([POOL]);
    expect(universe({ pools: [{ ...POOL, enabled: false }, other] }).pools).toEqual([other]);
    expect(universe({ mints: [{ address: WSOL_MINT, enabled: false }] }).offMints).toEqual([WSOL_MINT]);
  });

  test.each([
    [
      { pools: [{ ...POOL, venue: 'orca-whirlpol' }] },
      'pools.0.venue is "orca-whirlpol": is no venue that is built; did you mean orca-whirlpool?',
    ],
    [{ pools: [{ ...POOL, address: 'abc' }] }, 'pools.0.address is "abc": must be an address'],
    [{ pools: [POOL, POOL] }, `pools.1.address is ${USDC_MINT} for the second time`],
    [{ pools: [{ ...POOL, enable: true }] }, 'pools.0 has an unknown key "enable"; did you mean enabled?'],
    [{ pool: [], pools: undefined }, 'has an unknown key "pool"; did you mean pools?'],
    [{ mints: [{ address: USDC_MINT }, { address: USDC_MINT }] }, `mints.1.address is ${USDC_MINT} for the`],
    [{ venues: { phoenix: false } }, 'venues names "phoenix", which is no venue that is built'],
    [{ venues: { 'orka-whirlpool': false } }, 'did you mean orca-whirlpool?'],
    [{ venues: JSON.parse('{"__proto__": false}') as object }, 'venues names "__proto__"'],
    [{ venues: { 'phoenix-v1': 'off' } }, 'venues.phoenix-v1 is "off": must be true or false'],
    [{ version: 2 }, 'version is 2: must be 1'],
  ])('with %j is refused by file, field and value', (change, message) => {
    expect(refusal(change)).toContain(message);
    expect(refusal(change)).toMatch(/^u\.json/);
  });

  test('that is no JSON or not there says so, and the way out', () => {
    expect(() => parseUniverseFile('{"version":', 'u.json')).toThrow('u.json is not JSON');
    expect(() => readUniverseFile('/nowhere/u.json')).toThrow('make one with arb discover');
  });

  test('in which a key stands twice is refused: one of its two words would be taken in silence', () => {
    const pool = `{"venue": "orca-whirlpool", "address": "${USDC_MINT}", "enabled": false, "enabled": true}`;
    expect(() => parseUniverseFile(`{"version": 1, "pools": [${pool}]}`, 'u.json')).toThrow(
      /u\.json.*"enabled" stands there twice.*line 1/,
    );
  });

  test('with the byte order mark and line ends of another system is read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'universe-'));
    try {
      const path = join(folder, 'universe.json');
      writeFileSync(path, `\uFEFF${JSON.stringify(FILE, null, 2).replaceAll('\n', '\r\n')}\r\n`);
      expect(readUniverseFile(path).pools).toEqual([POOL]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
