import { describe, expect, it } from 'vitest';
import { type Address, addressAt, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { OVERHEAD_UNITS } from '../core/compute.ts';
import type { Market } from '../market/market.ts';
import type { PoolEntry } from '../market/pool-entry.ts';
import { lamportsToUnits, referencePrice, unitsToLamports } from '../market/reference-price.ts';
import type { Leg, Opportunity } from '../routing/opportunity.ts';
import type { Reason } from '../routing/reason.ts';
import { CLOCK, createStill, MEME_MINT } from '../routing/test-market.ts';
import { FIXED_ACCOUNTS } from '../routing/transaction-room.ts';
import type { Venue } from '../venues/venue.ts';
import { approve } from './approve.ts';
import type { DoorLimits, RiskView } from './judge.ts';
import { createTestDoor, SPLIT_POOLS } from './test-door.ts';

/**
 * What a faulty search could hand in: trades whose own figures agree with each other, so that nothing but the rule in
 * question speaks against them.
 */
const [SPLIT] = SPLIT_POOLS;
const MEME_POOLS = [
  { ...SPLIT!, b: MEME_MINT, gap: 1 },
  { ...SPLIT!, a: MEME_MINT, b: USDC_MINT, gap: 1 },
];
const market = createStill([...SPLIT_POOLS, ...MEME_POOLS]);
const door = createTestDoor(SPLIT_POOLS, WSOL_MINT, market);
const { opportunity, limits } = door;
const [memeSol, memeUsdc] = market.pools.slice(SPLIT_POOLS.length);
const accountsOf = (): ReadonlySet<Address> => new Set([WSOL_MINT]);
const view: RiskView = { ...door.view, accountsOf };
const roomy: DoorLimits = { ...limits, maxHops: 9, maxSwaps: 9 };

const entryOf = (leg: Leg): PoolEntry => market.poolAt(leg.pool)!;

/** The leg, offered that much, at what its pool pays for it. */
function offered(leg: Leg, amountIn: bigint): Leg {
  const { venue, state } = entryOf(leg);
  const quote = venue.quote(state!, leg.aToB, amountIn, CLOCK);
  if (!quote.ok) throw new Error(quote.reason);
  return { ...leg, amountIn, amountOut: quote.amountOut };
}

/** A swap of all that, on a pool. */
function swap(hop: number, pool: PoolEntry, mintIn: Address, amountIn: bigint): Leg {
  const { mintA, mintB } = pool.state!;
  const aToB = mintIn === mintA;
  const leg = { hop, venue: pool.venue.id, pool: pool.address, aToB, mintIn, mintOut: aToB ? mintB : mintA };
  return offered({ ...leg, amountIn: 0n, amountOut: 0n }, amountIn);
}

const sum = (legs: readonly Leg[], of: (leg: Leg) => bigint): bigint =>
  legs.reduce((all, leg) => all + of(leg), 0n);

/** A trade over the legs whose figures are those that follow from them, but for those that are given. */
function over(legs: readonly Leg[], given: Partial<Opportunity> = {}): Opportunity {
  const price = referencePrice(market, WSOL_MINT)!;
  const last = legs.at(-1)?.hop;
  const amountIn =
    given.amountIn ??
    sum(
      legs.filter(({ hop }) => hop === 0),
      (leg) => leg.amountIn,
    );
  const amountOut =
    given.amountOut ??
    sum(
      legs.filter(({ hop }) => hop === last),
      (leg) => leg.amountOut,
    );
  const costs = given.costs ?? door.costs.costsOf({ legs: legs.length });
  const grossProfit = given.grossProfit ?? amountOut - amountIn;
  const costUnits = given.costUnits ?? lamportsToUnits(costs.totalLamports, price);
  const netProfit = given.netProfit ?? grossProfit - costUnits;
  const netLamports = given.netLamports ?? unitsToLamports(netProfit, price);
  const figures = { amountIn, amountOut, grossProfit, costUnits, netProfit, netLamports, costs };
  return { ...opportunity, legs, ...figures };
}

function outcome(
  trade: Opportunity,
  more: Partial<RiskView> = {},
  of: DoorLimits = roomy,
): Reason | 'approved' {
  const approval = approve(trade, of, { ...view, ...more });
  return approval.ok ? 'approved' : approval.reason;
}

/** The market with one pool of a leg replaced. */
function withPool(leg: Leg, change: (entry: PoolEntry) => PoolEntry): Market {
  const changed = change(entryOf(leg));
  const poolAt = (address: Address) => (address === leg.pool ? changed : market.poolAt(address));
  return { ...market, poolAt, clock: CLOCK, live: true };
}

const withVenue = (leg: Leg, change: Partial<Venue>): Market =>
  withPool(leg, (entry) => ({ ...entry, venue: { ...entry.venue, ...change } }));

const [first, second, third, fourth] = opportunity.legs as readonly [Leg, Leg, Leg, Leg];

describe('a trade is quoted again', () => {
  it('and approved where all of it follows from its legs', () => {
    expect(over(opportunity.legs)).toEqual(opportunity);
    expect(outcome(over(opportunity.legs))).toBe('approved');
  });

  it.each([
    ['compute', 'beyond-compute'],
    ['no-liquidity', 'quote-refused'],
  ] as const)('and refused where a pool refuses by %s: %s', (reason, refused) => {
    const quote: Venue['quote'] = () => ({ ok: false, reason });
    expect(outcome(over(opportunity.legs), { market: withVenue(second, { quote }) })).toBe(refused);
  });

  it('and refused where a hop is offered more than the one before pays, by one leg or by all of them together', () => {
    const [more, spare] = [10n ** 6n, first.amountOut + second.amountOut - third.amountIn - fourth.amountIn];
    expect(spare).toBeGreaterThanOrEqual(0n);
    const most = fourth.amountIn + spare;
    const upTo = (amountIn: bigint) => outcome(over([first, second, third, offered(fourth, amountIn)]));
    expect(upTo(most)).toBe('approved');
    expect(upTo(most + more)).toBe('misstated');
    const paid = first.amountOut + second.amountOut;
    expect(outcome(over([first, second, offered(third, paid)]))).toBe('approved');
    expect(outcome(over([first, second, offered(third, paid + more)]))).toBe('misstated');
  });

  it('and each leg on what the ones before it have left of its pool', () => {
    const half = first.amountIn / 2n;
    const one = offered(first, half);
    const { venue, state } = entryOf(first);
    const settled = venue.settle(state!, first.aToB, half, CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    const left = venue.quote(settled.state, first.aToB, half, CLOCK);
    if (!left.ok) throw new Error(left.reason);
    const two = { ...one, amountOut: left.amountOut };
    const paid = one.amountOut + two.amountOut;
    const trade = over([one, two, offered(third, paid)]);
    expect(outcome(trade)).toBe('approved');
    expect(outcome(over([one, one, offered(third, paid)]))).toBe('misstated');
    const settle: Venue['settle'] = () => ({ ok: false, reason: 'no-liquidity' });
    expect(outcome(trade, { market: withVenue(first, { settle }) })).toBe('quote-refused');
  });

  it('and may lock as many accounts as a transaction can, and no more', () => {
    const most = market.chain.transactionAccounts - FIXED_ACCOUNTS;
    const named = (count: number) => ({
      accountsOf: () =>
        new Set(Array.from({ length: count }, (_, i) => addressAt(new Uint8Array(32).fill(i + 1)))),
    });
    expect(outcome(over(opportunity.legs), named(most))).toBe('approved');
    expect(outcome(over(opportunity.legs), named(most + 1))).toBe('beyond-accounts');
  });

  it('and may use as many compute units as a transaction has, and no more', () => {
    let units = 0;
    for (const leg of opportunity.legs) {
      const { venue, state } = entryOf(leg);
      const quote = venue.quote(state!, leg.aToB, leg.amountIn, CLOCK);
      if (quote.ok) units += quote.computeUnits;
    }
    const clock = (transactionUnits: number) => ({
      market: { ...market, clock: { ...CLOCK, transactionUnits }, live: true },
    });
    expect(outcome(over(opportunity.legs), clock(units + OVERHEAD_UNITS))).toBe('approved');
    expect(outcome(over(opportunity.legs), clock(units + OVERHEAD_UNITS - 1))).toBe('beyond-compute');
  });
});

describe('a trade is no cycle', () => {
  const fromSol = swap(0, memeSol!, WSOL_MINT, 10n ** 9n);
  const fromMeme = swap(0, memeUsdc!, MEME_MINT, 10n ** 9n);

  it('where a leg of a hop pays another mint than the others', () => {
    expect(outcome(over([first, fromSol, third]))).toBe('malformed-route');
    expect(outcome(over([fromSol, first, offered(third, first.amountOut)]))).toBe('malformed-route');
  });

  it('where a leg of a hop takes another mint than the others', () => {
    expect(outcome(over([first, fromMeme, third]))).toBe('malformed-route');
  });

  it('where a hop takes what the one before has not paid', () => {
    const back = swap(1, memeSol!, MEME_MINT, first.amountOut);
    expect(outcome(over([first, back]))).toBe('malformed-route');
  });

  it('where it begins with another mint than its start', () => {
    expect(outcome(over([fromMeme, { ...third, hop: 1 }]))).toBe('malformed-route');
  });

  it('where it ends in another mint than its start', () => {
    expect(outcome(over([first, swap(1, memeUsdc!, USDC_MINT, first.amountOut)]))).toBe('malformed-route');
    expect(outcome(over([first]))).toBe('malformed-route');
  });

  it('where it comes by a mint twice', () => {
    const back = offered(third, first.amountOut);
    const again = { ...offered(second, back.amountOut), hop: 2 };
    const home = { ...offered(fourth, again.amountOut), hop: 3 };
    expect(outcome(over([first, back, again, home]))).toBe('malformed-route');
  });

  it('where a pool trades another mint in or out than the leg says', () => {
    const paid = first.amountOut;
    const wrongIn = { ...swap(1, memeSol!, MEME_MINT, paid), mintIn: USDC_MINT };
    expect(outcome(over([first, wrongIn]))).toBe('malformed-route');
    const wrongOut = { ...swap(1, memeUsdc!, USDC_MINT, paid), mintOut: WSOL_MINT };
    expect(outcome(over([first, wrongOut]))).toBe('malformed-route');
  });
});

describe('a trade whose other figures follow is refused as misstated where', () => {
  const { costs, grossProfit, costUnits, netProfit } = opportunity;
  it.each<readonly [string, Partial<Opportunity>]>([
    ['it costs less than its swaps do', { costs: { ...costs, totalLamports: costs.totalLamports - 1n } }],
    ['it earns more', { grossProfit: grossProfit + 1n }],
    ['its costs are valued lower', { costUnits: costUnits - 1n }],
    ['it nets more', { netProfit: netProfit + 1n }],
  ])('%s', (_name, given) => {
    expect(outcome(over(opportunity.legs, given))).toBe('misstated');
  });
});

describe('the share that a leg takes of its pool', () => {
  const { legs } = opportunity;
  /** As a transaction that may take nothing but what the best price pays. */
  const none = { ...roomy, maxPoolShareBps: 0 };
  const priced = (price: (amountOut: bigint) => number, best: boolean): Market => {
    const of = (leg: Leg) => () => price(leg.amountOut) / Number(leg.amountIn);
    const poolAt = (address: Address): PoolEntry => {
      const leg = legs.find(({ pool }) => pool === address)!;
      const entry = entryOf(leg);
      const far = () => Number.MAX_VALUE;
      const prices = best
        ? { bestPrice: of(leg), marginalPrice: far }
        : { bestPrice: undefined, marginalPrice: of(leg) };
      return { ...entry, venue: { ...entry.venue, ...prices } as Venue };
    };
    return { ...market, poolAt, clock: CLOCK, live: true };
  };

  it.each([true, false])(
    'is measured by the best price where there is one (%s), else by that of now',
    (best) => {
      const exactly = priced((amountOut) => Number(amountOut), best);
      expect(outcome(over(legs), { market: exactly }, none)).toBe('approved');
      // What the price of floats may be off by is forgiven, and not what is twice that.
      const within = priced((amountOut) => Number(amountOut) * (1 + 0.9e-9) + 1, best);
      expect(outcome(over(legs), { market: within }, none)).toBe('approved');
      const beyond = priced((amountOut) => Number(amountOut) * (1 + 2e-9) + 2, best);
      expect(outcome(over(legs), { market: beyond }, none)).toBe('above-pool-share');
      const twice = priced((amountOut) => 2 * Number(amountOut), best);
      expect(outcome(over(legs), { market: twice }, { ...roomy, maxPoolShareBps: 5_001 })).toBe('approved');
      expect(outcome(over(legs), { market: twice }, { ...roomy, maxPoolShareBps: 4_999 })).toBe(
        'above-pool-share',
      );
    },
  );
});

describe('what a trade needs of the wallet', () => {
  const usdc = createTestDoor(SPLIT_POOLS, USDC_MINT);
  const needed = sum(
    usdc.opportunity.legs.filter(({ hop }) => hop === 0),
    (leg) => leg.amountIn,
  );
  const { totalLamports } = usdc.opportunity.costs;
  const with_ = (units: bigint, lamports: bigint): Reason | 'approved' => {
    const free = (mint: Address) => (mint === USDC_MINT ? units : lamports);
    const approval = approve(usdc.opportunity, usdc.limits, { ...usdc.view, free });
    return approval.ok ? 'approved' : approval.reason;
  };

  it('is what it puts in of its start mint, and its costs in SOL, to the unit', () => {
    expect(with_(needed, totalLamports)).toBe('approved');
    expect(with_(needed - 1n, totalLamports)).toBe('insufficient-balance');
    expect(with_(needed, totalLamports - 1n)).toBe('insufficient-sol');
  });

  it('is no account for its start mint, which it has', () => {
    const hasAccount = (mint: Address) => mint !== WSOL_MINT;
    expect(outcome(over(opportunity.legs), { hasAccount })).toBe('approved');
    expect(outcome(over(opportunity.legs), { hasAccount: (mint) => !hasAccount(mint) })).toBe('misstated');
  });

  it('is nothing that is worth nothing', () => {
    const odds = { successPpm: 0n, revertPpm: 0n };
    const never = { ...door.costs, costsOf: () => ({ ...opportunity.costs, odds }) };
    expect(outcome(over(opportunity.legs), { costs: never })).toBe('below-costs');
  });
});
