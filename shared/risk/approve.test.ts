import { describe, expect, it } from 'vitest';
import { type Address, addressAt, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { unitsForSwaps } from '../core/compute.ts';
import { type Leg, type Opportunity, offeredIn } from '../routing/opportunity.ts';
import type { Reason } from '../routing/reason.ts';
import { CLOCK, createStill, MEME_MINT } from '../routing/test-market.ts';
import { type Approved, approve, termsOf } from './approve.ts';
import type { DoorLimits, RiskView } from './judge.ts';
import { createTestDoor, SPLIT_POOLS, type TestDoor } from './test-door.ts';

interface Changes {
  readonly opportunity?: Partial<Opportunity>;
  readonly legs?: (legs: readonly Leg[]) => readonly Leg[];
  readonly limits?: Partial<DoorLimits>;
  readonly view?: Partial<RiskView>;
}

/** Why approval refuses the trade with what was changed; `approved` when it does not. */
function outcome({ opportunity, limits, view }: TestDoor, changes: Changes): Reason | 'approved' {
  const legs = changes.legs?.(opportunity.legs) ?? opportunity.legs;
  const approval = approve(
    { ...opportunity, legs, ...changes.opportunity },
    { ...limits, ...changes.limits },
    { ...view, ...changes.view },
  );
  return approval.ok ? 'approved' : approval.reason;
}

const only =
  (at: number, change: Partial<Leg>) =>
  (legs: readonly Leg[]): readonly Leg[] =>
    legs.map((leg, i) => (i === at ? { ...leg, ...change } : leg));

const stranger: Address = addressAt(new Uint8Array(32).fill(99));
const door = createTestDoor();
const { opportunity, market } = door;
const { costs } = opportunity;
const offered = offeredIn(opportunity);
const solNeeded = costs.totalLamports + offered;

describe('approve', () => {
  it('lets a trade through that keeps every limit, at each limit itself', () => {
    expect(opportunity.legs.map(({ hop }) => hop)).toEqual([0, 0, 1, 1]);
    expect(outcome(door, {})).toBe('approved');
    const limits = {
      maxTradeIn: new Map([[WSOL_MINT, offered]]),
      minNetProfitLamports: opportunity.netLamports,
      maxSwaps: 4,
      maxHops: 2,
      maxPriorityFeeLamports: costs.priorityFeeLamports / 4n,
      maxPoolShareBps: 3_000,
    };
    const view = { free: (mint: Address) => (mint === WSOL_MINT ? solNeeded : 0n) };
    expect(outcome(door, { limits, view })).toBe('approved');
  });

  const cases: readonly (readonly [string, Reason, Changes])[] = [
    ['while halted', 'halted', { view: { halted: true, paused: true } }],
    ['while paused', 'paused', { view: { paused: true, feedStale: true } }],
    ['on a feed that lags', 'feed-stale', { view: { feedStale: true } }],
    [
      'that nets a lamport less than it must',
      'below-min-profit',
      { limits: { minNetProfitLamports: opportunity.netLamports + 1n } },
    ],
    [
      'that puts in a unit more than one trade may',
      'above-max-trade',
      { limits: { maxTradeIn: new Map([[WSOL_MINT, offered - 1n]]) } },
    ],
    ['from a mint that nothing may be put in of', 'above-max-trade', { limits: { maxTradeIn: new Map() } }],
    ['beyond the orders that may be on their way', 'max-pending', { view: { pending: 1 } }],
    ['for which a unit is missing', 'insufficient-balance', { view: { free: () => offered - 1n } }],
    [
      'whose costs the wallet cannot pay beside its input',
      'insufficient-sol',
      { view: { free: () => solNeeded - 1n } },
    ],
    [
      'through a pool that an order is on its way to',
      'conflicting',
      { view: { isPoolBusy: ({ address }) => address === opportunity.legs[2]!.pool } },
    ],
    [
      'through an edge that was taken',
      'edge-spent',
      {
        view: {
          isSpent: ({ address }, aToB) =>
            address === opportunity.legs[3]!.pool && aToB === opportunity.legs[3]!.aToB,
        },
      },
    ],
    [
      'that takes a larger share of a pool than it may',
      'above-pool-share',
      { limits: { maxPoolShareBps: 1 } },
    ],
    [
      'whose priority fee is above the cap of its swaps',
      'above-fee-cap',
      { limits: { maxPriorityFeeLamports: costs.priorityFeeLamports / 4n - 1n } },
    ],
    ['of more swaps than a transaction may have', 'malformed-route', { limits: { maxSwaps: 3 } }],
    ['of more hops than a cycle may have', 'malformed-route', { limits: { maxHops: 1 } }],
    ['without a swap', 'malformed-route', { legs: () => [] }],
    [
      'that ends in another mint than it starts from',
      'malformed-route',
      { legs: (legs) => legs.slice(0, 2) },
    ],
    ['that is no cycle from its start mint', 'malformed-route', { opportunity: { startMint: USDC_MINT } }],
    [
      'that leaves a hop out',
      'malformed-route',
      { legs: (legs) => legs.map((leg) => ({ ...leg, hop: leg.hop * 2 })) },
    ],
    ['whose hops stand in another order', 'malformed-route', { legs: (legs) => [...legs].reverse() }],
    [
      'with a split over other mints than its hop',
      'malformed-route',
      { legs: only(1, { mintOut: MEME_MINT }) },
    ],
    ['that offers a pool nothing', 'malformed-route', { legs: only(1, { amountIn: 0n }) }],
    ['that a pool pays nothing for', 'malformed-route', { legs: only(1, { amountOut: 0n }) }],
    [
      'that names another venue than the pool’s',
      'malformed-route',
      { legs: only(0, { venue: 'orca-whirlpool' }) },
    ],
    [
      'that goes through a pool the other way',
      'malformed-route',
      { legs: only(0, { aToB: !opportunity.legs[0]!.aToB }) },
    ],
    ['through a pool that nobody knows', 'pool-not-quotable', { legs: only(0, { pool: stranger }) }],
    [
      'of which a swap pays less than it says',
      'misstated',
      { legs: only(2, { amountOut: opportunity.legs[2]!.amountOut + 1n }) },
    ],
    [
      'of which a hop is offered more than the one before pays',
      'misstated',
      { legs: (legs) => only(2, { amountIn: legs[2]!.amountIn + 10n ** 6n })(legs) },
    ],
    ['that says it takes less', 'misstated', { opportunity: { amountIn: opportunity.amountIn - 1n } }],
    ['that says it pays more', 'misstated', { opportunity: { amountOut: opportunity.amountOut + 1n } }],
    ['that says it earns more', 'misstated', { opportunity: { grossProfit: opportunity.grossProfit + 1n } }],
    ['that values its costs lower', 'misstated', { opportunity: { costUnits: opportunity.costUnits - 1n } }],
    ['that says it nets more', 'misstated', { opportunity: { netProfit: opportunity.netProfit + 1n } }],
    [
      'that says it nets more lamports',
      'misstated',
      { opportunity: { netLamports: opportunity.netLamports + 1n } },
    ],
    [
      'that costs less than its swaps do',
      'misstated',
      { opportunity: { costs: { ...costs, totalLamports: costs.totalLamports - 1n } } },
    ],
    [
      'that reverts for less than its swaps do',
      'misstated',
      { opportunity: { costs: { ...costs, failureLamports: costs.failureLamports - 1n } } },
    ],
    [
      'that must earn less than its swaps must',
      'misstated',
      { opportunity: { costs: { ...costs, hurdleLamports: costs.hurdleLamports - 1n } } },
    ],
    ['that pays no rent for the account it makes', 'misstated', { view: { hasAccount: () => false } }],
    [
      'of more accounts than a transaction may lock',
      'beyond-accounts',
      {
        view: {
          accountsOf: (pool) =>
            new Set(Array.from({ length: 20 }, (_, i) => `${pool.address}${i}` as Address)),
        },
      },
    ],
    ['of which nobody knows the accounts', 'beyond-accounts', { view: { accountsOf: () => new Set() } }],
  ];

  it.each(cases)('refuses a trade %s: %s', (_name, reason, changes) => {
    expect(outcome(door, changes)).toBe(reason);
  });

  it('refuses a trade over a market that has moved, lost its feed or never had a clock', () => {
    const moved = createStill(SPLIT_POOLS.map((pool) => ({ ...pool, gap: pool.gap * 1.001 })));
    const accountsOf = () => new Set([WSOL_MINT]);
    expect(outcome(door, { view: { market: moved, accountsOf } })).toBe('misstated');
    const still = { ...market, chain: market.chain, slot: market.slot, clock: CLOCK };
    expect(outcome(door, { view: { market: { ...still, live: false } } })).toBe('feed-stale');
    expect(outcome(door, { view: { market: { ...still, live: true, clock: undefined } } })).toBe(
      'feed-stale',
    );
  });

  it.each([
    ['quarantine', 'redeployed'],
    ['switchedOff', 'off'],
    ['status', 'excluded'],
    ['coherent', false],
  ])('refuses a trade through a pool whose %s is %s', (field, value) => {
    const entry = market.poolAt(opportunity.legs[1]!.pool)!;
    const poolAt = (address: Address) =>
      address === entry.address ? { ...entry, [field]: value } : market.poolAt(address);
    const view = { market: { ...market, poolAt, clock: CLOCK, live: true } };
    expect(outcome(door, { view })).toBe('pool-not-quotable');
  });

  it('refuses a trade whose swaps take more compute units than a transaction has', () => {
    const units = unitsForSwaps(CLOCK) / 2;
    const clock = { ...CLOCK, transactionUnits: Math.floor(units / 10) };
    const view = { market: { ...market, clock, live: true } };
    expect(outcome(door, { view })).toBe('beyond-compute');
  });

  it('refuses a trade whose costs nobody can put into its start mint', () => {
    const usdc = createTestDoor(SPLIT_POOLS, USDC_MINT);
    expect(outcome(usdc, {})).toBe('approved');
    const none = { ...usdc.market.referencePrices, of: () => undefined };
    const priceless = { ...usdc.market, referencePrices: none, clock: CLOCK, live: true };
    expect(outcome(usdc, { view: { market: priceless } })).toBe('no-reference-price');
  });

  it('refuses a trade that is worth nothing once those that fail are counted', () => {
    const odds = { successPpm: 1n, revertPpm: 999_999n };
    const rare = { ...door.costs, costsOf: () => ({ ...costs, odds }) };
    expect(outcome(door, { view: { costs: rare } })).toBe('below-costs');
  });

  it('reckons costs again by the units that the swaps take, and the rent of accounts that are not there', () => {
    const dear = createTestDoor();
    dear.costs.setUnitPrice(50_000n);
    expect(outcome(dear, {})).toBe('misstated');
  });
});

describe('an approved order', () => {
  const approvedNow = (): Approved => {
    const approval = approve(structuredClone(opportunity), door.limits, door.view);
    if (!approval.ok) throw new Error(approval.reason);
    return approval.approved;
  };

  it('carries its id, its slots, the least it must pay and the most it may cost', () => {
    expect(termsOf(approvedNow())).toEqual({
      id: opportunity.id,
      opportunity,
      slot: market.slot,
      expiresAfterSlot: market.slot + market.chain.blockhashBlocks,
      minAmountOut: opportunity.amountIn + opportunity.costUnits,
      maxCostLamports: costs.totalLamports,
    });
  });

  it('changes no more, in nothing', () => {
    const approved = approvedNow();
    const terms = termsOf(approved);
    const { legs } = terms.opportunity;
    for (const part of [approved, terms, terms.opportunity, legs, legs[0], terms.opportunity.costs])
      expect(Object.isFrozen(part)).toBe(true);
    expect(Object.isFrozen(terms.opportunity.costs.odds)).toBe(true);
    expect(() => (legs as Leg[]).pop()).toThrow(TypeError);
  });

  it('is refused at execution where it was copied, loosened, cloned or made by its constructor', () => {
    const approved = approvedNow();
    const Forge = approved.constructor as new (...args: unknown[]) => typeof approved;
    const terms = termsOf(approved);
    expect(() => new Forge(Symbol('approve'), terms)).toThrow(
      expect.objectContaining({
        code: 'order-forged',
        message: expect.stringMatching(/something else than approve/),
      }),
    );
    const forgeries: unknown[] = [
      { ...terms, minAmountOut: 0n },
      { ...approved, minAmountOut: 0n },
      structuredClone(approved),
      Object.create(approved),
      Object.setPrototypeOf({ ...terms }, Forge.prototype as object),
      null,
      undefined,
      'order',
    ];
    for (const forgery of forgeries) {
      expect(() => termsOf(forgery as unknown as typeof approved)).toThrow(
        expect.objectContaining({
          code: 'order-forged',
          message: expect.stringMatching(/approve has not made/),
        }),
      );
    }
  });
});
