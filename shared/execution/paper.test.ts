import { describe, expect, it } from 'vitest';
import { ASSUMED_CHAIN, withChainValues } from '../core/chain-parameters.ts';
import type { Random } from '../core/random.ts';
import type { Market } from '../market/market.ts';
import { approve } from '../risk/approve.ts';
import { createTestDoor } from '../risk/test-door.ts';
import { CLOCK } from '../routing/test-market.ts';
import type { OrderEvent } from './order-event.ts';
import { createPaperOrders, PAPER, type PaperParams } from './paper.ts';

const door = createTestDoor();
const { opportunity } = door;
const approval = approve(opportunity, door.limits, door.view);
if (!approval.ok) throw new Error(approval.reason);
const { approved } = approval;
const { slot } = door.market;

/** Paper over the market of the door, or one that is changed; chance always says `drawn`. */
function paperOver(params: Partial<PaperParams> = {}, changes: Partial<Market> = {}, drawn = 0) {
  const market: Market = { ...door.market, clock: CLOCK, live: true, ...changes };
  const random = { next: () => drawn } as Random;
  const orders = createPaperOrders({ latencySlots: 1, landingOdds: 1, ...params }, market, random);
  orders.take(approved);
  const said = (events: readonly OrderEvent[]) =>
    events.map(({ state, reason, slot: at }) => [state, reason, at - slot]);
  return { orders, begin: (after: number) => said(orders.beginSlot(slot + after, 5)), market };
}

describe('an order on paper', () => {
  it('is told to be submitted once, and to have landed when its landing slot is over', () => {
    const { orders } = paperOver({ latencySlots: 2 });
    expect(orders.movesMarket).toBe(false);
    const nothing = { amountIn: 0n, amountOut: 0n, leftovers: [], costLamports: 0n };
    const rest = { kind: 'order', atMicros: 5, id: opportunity.id, source: PAPER };
    expect(orders.beginSlot(slot + 1, 5)).toEqual([
      { ...rest, ...nothing, state: 'submitted', reason: `lands in slot ${slot + 2}`, slot },
    ]);
    expect(orders.beginSlot(slot + 2, 5)).toEqual([]);
    expect(orders.beginSlot(slot + 3, 5)).toEqual([
      {
        ...rest,
        state: 'landed',
        reason: 'filled',
        slot: slot + 2,
        amountIn: opportunity.amountIn,
        amountOut: opportunity.amountOut,
        leftovers: [],
        costLamports: opportunity.costs.totalLamports,
      },
    ]);
    expect(orders.beginSlot(slot + 4, 5)).toEqual([]);
  });

  it.each([
    [{ latencySlots: 1, latencyMs: 0 }, 1],
    [{ latencySlots: 1 }, 1],
    [{ latencySlots: 1, latencyMs: 800 }, 4],
    [{ latencySlots: 5, latencyMs: 800 }, 5],
    [{ latencySlots: 0, latencyMs: 800 }, 0],
  ])('of %o lands %i slots of 200 ms later', (params, slots) => {
    const origin = { source: 'test', slot: 0, atMs: 0 };
    const chain = withChainValues(ASSUMED_CHAIN, { slotMicros: 200_000 }, origin);
    const { begin } = paperOver(params, { chain });
    expect(begin(slots)).toEqual(slots < 0 ? [] : [['submitted', `lands in slot ${slot + slots}`, 0]]);
    expect(begin(slots + 1)).toEqual([['landed', 'filled', slots]]);
  });

  it.each([
    [0.499, 'landed', 'filled'],
    [0.5, 'expired', 'not-included'],
  ])('lands at odds of a half where %d is drawn: %s', (drawn, state, reason) => {
    expect(paperOver({ landingOdds: 0.5 }, {}, drawn).begin(2)).toEqual([[state, reason, 1]]);
  });

  it('that cannot be priced is given up at no cost, and one that comes to too little reverts for its fees', () => {
    const blind = paperOver({}, { live: false }).orders.beginSlot(slot + 2, 5);
    expect(blind).toMatchObject([{ state: 'expired', reason: 'state-unknown', costLamports: 0n }]);
    const poolAt = (address: string) => {
      const entry = door.market.pools.find((pool) => pool.address === address)!;
      const settle = () => ({ ok: false, reason: 'no-liquidity' });
      return { ...entry, venue: { ...entry.venue, settle } } as never;
    };
    const failed = paperOver({}, { poolAt }).orders.beginSlot(slot + 2, 5);
    const { failureLamports: costLamports } = opportunity.costs;
    expect(failed).toMatchObject([
      { state: 'failed', reason: 'leg-no-liquidity', costLamports, amountOut: 0n },
    ]);
  });
});
