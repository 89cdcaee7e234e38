import { describe, expect, it } from 'vitest';
import { addressBytes } from '../../core/address.ts';
import { VENUES } from '../../venues/registry.ts';
import { decodeMint } from '../../venues/token/token.ts';
import { loadLocally } from '../chain/local-rules.ts';
import { createBuiltinMarket } from './builtin-market.ts';
import { BUILTIN_POOLS, TAX_FEE_BPS, TAX_MINT } from './builtin-specs.ts';
import { poolPrice } from './price-target.ts';

const market = createBuiltinMarket('test');
const held = new Map(market.accounts.map(({ address, account }) => [address, account]));
const mints = new Map(market.mints.map((mint) => [mint.address, mint]));

function loadPool(venueId: string, address: (typeof market.pools)[number]['address']) {
  const venue = VENUES.find(({ id }) => id === venueId)!;
  const loaded = loadLocally(venue, address, (wanted) => held.get(wanted) ?? null);
  if (!loaded.ok) throw new Error(`${venueId} ${address}: ${loaded.reason}`);
  return { venue, state: loaded.state };
}

describe('the built-in market', () => {
  it.each(VENUES.map(({ id }) => id))('has pools of %s', (id) => {
    expect(market.pools.filter(({ venue }) => venue === id).length).toBeGreaterThan(5);
  });

  it('lists no pool of a venue that is not built', () => {
    const built = new Set(VENUES.map(({ id }) => id));
    expect(new Set(market.pools.map(({ venue }) => venue))).toEqual(built);
    expect(Object.keys(BUILTIN_POOLS).filter((id) => !built.has(id))).toEqual([]);
  });

  it('has twelve mints, one of them with a transfer fee', () => {
    expect(market.mints.length).toBe(12);
    const tax = decodeMint(TAX_MINT, held.get(TAX_MINT)!);
    expect(tax.ok && tax.value.transferFee?.newer.feeBps).toBe(BigInt(TAX_FEE_BPS));
  });

  it('has every pool load, in byte order of its mints, at the reference price within its own fee', () => {
    for (const { venue: id, address } of market.pools) {
      const { venue, state } = loadPool(id, address);
      expect(Buffer.compare(addressBytes(state.mintA), addressBytes(state.mintB))).toBe(-1);
      const price = poolPrice(venue, state, market.clock)!;
      const a = mints.get(state.mintA)!;
      const b = mints.get(state.mintB)!;
      expect([state.decimalsA, state.decimalsB]).toEqual([a.decimals, b.decimals]);
      const reference =
        Math.log(a.referencePriceUsd / b.referencePriceUsd) + (b.decimals - a.decimals) * Math.LN10;
      expect(Math.abs(price.mid - reference)).toBeLessThan(price.fee);
    }
  });

  it('pays for fifty dollars in each direction of every pool', () => {
    for (const { venue: id, address } of market.pools) {
      const { venue, state } = loadPool(id, address);
      for (const aToB of [true, false]) {
        const mint = mints.get(aToB ? state.mintA : state.mintB)!;
        const amount = BigInt(Math.round((50 / mint.referencePriceUsd) * 10 ** mint.decimals));
        expect(venue.quote(state, aToB, amount, market.clock)).toMatchObject({ ok: true });
      }
    }
  });

  it('is the same for the same seed and another for another', () => {
    expect(createBuiltinMarket('test').accounts).toEqual(market.accounts);
    expect(createBuiltinMarket('other').pools).not.toEqual(market.pools);
  });
});
