import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../../core/address.ts';
import { MEME_MINT } from '../../routing/test-market.ts';
import { venueById } from '../../venues/registry.ts';
import type { KeptPool } from './check-pools.ts';
import { mergeUniverse } from './merge-universe.ts';
import { parseUniverseFile, type UniverseFile } from './universe-file.ts';

const venue = venueById('raydium-cpmm')!;
const POOL = { venue: venue.id, address: MEME_MINT, mintA: WSOL_MINT, mintB: USDC_MINT };
const KEPT: KeptPool = { ...POOL, venue, liquidityUsd: 5 };
const search = (before: UniverseFile, kept: readonly KeptPool[]) =>
  mergeUniverse(before, [WSOL_MINT, USDC_MINT], [venue.id], kept);

function universe(pools: UniverseFile['pools'], more: Partial<UniverseFile> = {}): UniverseFile {
  return { version: 1, venues: {}, mints: [], pools, ...more };
}

describe('a search merged into the universe', () => {
  it('leaves a pool switched off while it is not found, and when it is found again', () => {
    const off = universe([{ ...POOL, enabled: false, note: 'drained twice' }]);
    const without = search(off, []);
    expect(without.pools).toEqual(off.pools);
    const again = search(parseUniverseFile(JSON.stringify(without), 'u.json'), [KEPT]);
    expect(again.pools).toEqual([{ ...POOL, liquidityUsd: 5, enabled: false, note: 'drained twice' }]);
  });

  it('lets a pool go that is not found and that nobody switched off', () => {
    expect(search(universe([POOL, { ...POOL, address: USDC_MINT, enabled: true }]), []).pools).toEqual([]);
  });

  it('keeps the switches and notes of mints and venues', () => {
    const mints = [{ address: WSOL_MINT, symbol: 'SOL', enabled: false, note: 'not now' }];
    const after = search(universe([], { mints, venues: { 'phoenix-v1': false } }), [KEPT]);
    expect(after.mints).toEqual([...mints, { address: USDC_MINT }]);
    expect(after.venues).toEqual({ 'phoenix-v1': false });
  });
});
