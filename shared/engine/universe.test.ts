import { describe, expect, it } from 'vitest';
import { USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createTestMarket, MEME_MINT, START_SLOT, type TestMarket, type TestPool } from './test-market.ts';

const NEXT = START_SLOT + 1;
const POOLS: readonly TestPool[] = [
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 2_000 },
  { a: WSOL_MINT, b: USDC_MINT, price: 150, depth: 3_000 },
  { a: MEME_MINT, b: USDC_MINT, price: 0.01, depth: 20_000_000 },
  { a: WSOL_MINT, b: MEME_MINT, price: 15_000, depth: 1_000 },
];

/** Says which of the market's pools may be traded, as the service does when the universe file has changed. */
function choose(
  { engine, pools, accounts, tell }: TestMarket,
  keep: readonly number[],
  offMints = [] as (typeof WSOL_MINT)[],
) {
  const record = engine.process({
    kind: 'universe',
    atMicros: 0,
    pools: keep.map((i) => ({ venue: 'raydium-cpmm', address: pools[i]! })),
    offMints,
  });
  const { watch, unwatch } = record;
  const decided = record.decisions.length;
  for (const address of watch) tell(address, accounts.get(address) ?? null, NEXT);
  engine.process({ kind: 'feed', atMicros: 0, live: true, reason: 'again' });
  return { watch, unwatch, decided };
}

describe('the universe of an engine', () => {
  it('lets pools go with their routes and their subscriptions, and keeps accounts that others read', () => {
    const market = createTestMarket(POOLS);
    const { unwatch } = choose(market, [0, 1, 2]);
    const gone = market.pools[3]!;
    expect(unwatch).toContain(gone);
    expect(unwatch).toHaveLength(3);
    expect(market.engine.market.poolAt(gone)).toMatchObject({ status: 'removed', state: undefined });
    // The dear way round over the pool that is gone would pay; without it nothing does.
    const record = market.trade(market.pools[2]!, USDC_MINT, 20_000_000_000n, NEXT + 1);
    expect(record.decisions.filter(({ reason }) => reason === 'approved')).toEqual([]);
  });

  it('takes a pool back in, subscribed and loaded anew, with its routes', () => {
    const market = createTestMarket(POOLS);
    choose(market, [0, 1]);
    const { watch } = choose(market, [0, 1, 2, 3]);
    expect(watch).toEqual(expect.arrayContaining([market.pools[2], market.pools[3]]));
    expect(market.engine.market.pools.map(({ status }) => status)).toEqual(['live', 'live', 'live', 'live']);
    const record = market.trade(market.pools[2]!, USDC_MINT, 20_000_000_000n, NEXT + 1);
    expect(record.decisions[0]?.opportunity.legs.map(({ pool }) => pool)).toContain(market.pools[3]);
  });

  it('trades no pool of a mint that is switched off, until it is on again', () => {
    const market = createTestMarket(POOLS.slice(0, 2));
    choose(market, [0, 1], [USDC_MINT]);
    expect(market.engine.market.poolAt(market.pools[0]!)).toMatchObject({
      status: 'live',
      switchedOff: `mint ${USDC_MINT} is switched off`,
    });
    const whileOff = market.trade(market.pools[0]!, USDC_MINT, 9_000_000_000n, NEXT);
    expect(whileOff.decisions).toHaveLength(0);
    // The gap still stands there.
    expect(choose(market, [0, 1]).decided).toBe(1);
  });

  it('does not know a pool of a venue that is not built', () => {
    const { engine, pools } = createTestMarket(POOLS.slice(0, 2));
    const event = {
      kind: 'universe',
      atMicros: 0,
      pools: [{ venue: 'nowhere', address: pools[0]! }],
      offMints: [],
    } as const;
    expect(() => engine.process(event)).toThrow('no venue "nowhere" is built');
  });
});
