import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONTRACT_CASES, CONTRACT_CLOCK, chainOf, contractPool } from '../contract.ts';
import { createHolds } from '../holds.ts';
import { readSide, wordsOf } from './book.ts';
import { phoenixV1 } from './index.ts';
import { decodeMarket, FEE_BPS_OFFSET, STATUS_OFFSET, TREE_HEADER_BYTES, viewOf } from './layout.ts';
import { firstNode, removeFirst } from './local/tree-removal.ts';
import { MARKET_STATUS } from './program.ts';
import { bookLevels, bookOrders } from './views.ts';

const pool = contractPool(phoenixV1, CONTRACT_CASES[0]!);
const MIXED = contractPool(phoenixV1, CONTRACT_CASES[3]!);

function withMarket(change: (data: Uint8Array, view: DataView) => void) {
  const account = pool.accounts.get(pool.address)!;
  const data = account.data.slice();
  change(data, viewOf(data));
  return { ...account, data };
}

function loadWith(change: (data: Uint8Array, view: DataView) => void) {
  const changed = withMarket(change);
  const source = chainOf(pool.accounts);
  return phoenixV1.load(pool.address, (asked) => (asked === pool.address ? changed : source(asked)));
}

describe('a book', () => {
  test('is read best order first on both sides', () => {
    const { bids, asks } = pool.state;
    expect([bids.count, asks.count]).toEqual([60, 60]);
    for (let i = 1; i < 60; i++) {
      expect(bids.ticks[i]!).toBeLessThanOrEqual(bids.ticks[i - 1]!);
      expect(asks.ticks[i]!).toBeGreaterThanOrEqual(asks.ticks[i - 1]!);
    }
    expect(asks.ticks[0]!).toBeGreaterThan(bids.ticks[0]!);
  });

  test('whose links, colors, keys or counts are changed is no book, and never loops', () => {
    const { bids } = pool.state.facts;
    const nodes = bids.offset + TREE_HEADER_BYTES;
    const word = fc.integer({ min: 0, max: 0xffff_ffff });
    const link = fc.record({
      node: fc.integer({ min: 0, max: 59 }),
      register: fc.integer({ min: 0, max: 3 }),
      value: fc.oneof(word, fc.integer({ min: 0, max: 62 })),
    });
    fc.assert(
      fc.property(link, ({ node, register, value }) => {
        const at = nodes + node * 64 + register * 4;
        const before = viewOf(pool.state.data).getUint32(at, true);
        const loaded = loadWith((_, view) => view.setUint32(at, value, true));
        expect(loaded.ok).toBe(value === before);
      }),
      { numRuns: 500 },
    );
    expect(loadWith((_, view) => view.setBigUint64(bids.offset + 16, 59n, true)).ok).toBe(false);
    expect(loadWith((_, view) => view.setBigUint64(bids.offset + 16, 61n, true)).ok).toBe(false);
    expect(loadWith((_, view) => view.setUint32(bids.offset, 0, true)).ok).toBe(false);
    // The best bid priced above none and below all.
    const best = nodes + (pool.state.bids.node[0]! - 1) * 64;
    expect(loadWith((_, view) => view.setBigUint64(best + 16, 1n, true)).ok).toBe(false);
    // A bid with an ask's sequence number, and an order of a seat that is not there.
    expect(loadWith((_, view) => view.setBigUint64(best + 24, 1n, true)).ok).toBe(false);
    expect(loadWith((_, view) => view.setBigUint64(best + 32, 129n, true)).ok).toBe(false);
  });

  test.each([
    ['its last slot', 48, 'slot'],
    ['the high half of its last slot', 52, 'slot'],
    ['its last second', 56, 'unixTimestamp'],
    ['the high half of its last second', 60, 'unixTimestamp'],
  ] as const)('holds only as long as the one order that expires, by %s', (_, part, axis) => {
    const still = createHolds();
    phoenixV1.holdsUntil(pool.state, CONTRACT_CLOCK, still);
    expect([still.slot, still.unixTimestamp]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    const { bids } = pool.state;
    const node = pool.state.facts.bids.offset + TREE_HEADER_BYTES + (bids.node[bids.count - 1]! - 1) * 64;
    const loaded = loadWith((_, view) => view.setUint32(node + part, 2_000_000_000, true));
    if (!loaded.ok) throw new Error(loaded.reason);
    const holds = createHolds();
    phoenixV1.holdsUntil(loaded.state, CONTRACT_CLOCK, holds);
    expect(holds[axis]).toBe(2_000_000_000 * (part % 8 === 0 ? 1 : 2 ** 32) + 1);
  });

  test('stays a valid tree while its orders leave it one by one', () => {
    for (const isBids of [true, false]) {
      const data = pool.state.data.slice();
      const view = viewOf(data);
      const decoded = decodeMarket(data);
      if (!decoded.ok) throw new Error(decoded.reason);
      const facts = decoded.value;
      const tree = { view, offset: (isBids ? facts.bids : facts.asks).offset };
      for (let left = 59; left >= 0; left--) {
        removeFirst(tree, firstNode(tree));
        const side = readSide(wordsOf(data), facts, isBids);
        expect(side).toMatchObject({ count: left });
      }
      expect(firstNode(tree)).toBe(0);
      expect(view.getUint32(tree.offset, true)).toBe(0);
    }
  });
});

describe('a market', () => {
  test.each([1, 2, 3, 4, 7])('is read whatever the place of its bytes in memory (%i)', (at) => {
    const account = pool.accounts.get(pool.address)!;
    const { length } = account.data;
    const plain = new Uint8Array(new ArrayBuffer(length + 8), at, length);
    plain.set(account.data);
    const buffer = Buffer.from(plain.buffer, at, length);
    for (const data of [plain, buffer]) {
      const moved = { ...account, data };
      const source = chainOf(pool.accounts);
      const loaded = phoenixV1.load(pool.address, (asked) =>
        asked === pool.address ? moved : source(asked),
      );
      if (!loaded.ok) throw new Error(loaded.reason);
      expect(bookLevels(loaded.state, CONTRACT_CLOCK)).toEqual(bookLevels(pool.state, CONTRACT_CLOCK));
      expect(phoenixV1.apply(loaded.state, pool.address, account).ok).toBe(true);
      expect(phoenixV1.apply(loaded.state, pool.address, moved).ok).toBe(true);
    }
  });

  test('trades while it is active and at no other status', () => {
    MARKET_STATUS.forEach((name, status) => {
      const loaded = loadWith((_, view) => view.setBigUint64(STATUS_OFFSET, BigInt(status), true));
      if (!loaded.ok) throw new Error(loaded.reason);
      const quote = phoenixV1.quote(loaded.state, true, 10n ** 9n, CONTRACT_CLOCK);
      expect(quote.ok ? 'paid' : quote.reason).toBe(name === 'active' ? 'paid' : 'pool-disabled');
      const applied = contractPool(phoenixV1, CONTRACT_CASES[0]!).state;
      const bytes = withMarket((_, view) => view.setBigUint64(STATUS_OFFSET, BigInt(status), true));
      expect(phoenixV1.apply(applied, pool.address, bytes).ok).toBe(true);
      expect(phoenixV1.quote(applied, true, 10n ** 9n, CONTRACT_CLOCK)).toEqual(quote);
    });
    expect(loadWith((_, view) => view.setBigUint64(STATUS_OFFSET, 6n, true)).ok).toBe(false);
  });

  test('charges a fee that was changed, and is none with a fee of more than everything', () => {
    const applied = contractPool(phoenixV1, CONTRACT_CASES[0]!).state;
    const before = phoenixV1.quote(applied, true, 10n ** 10n, CONTRACT_CLOCK);
    const bytes = withMarket((_, view) => view.setBigUint64(FEE_BPS_OFFSET, 50n, true));
    expect(phoenixV1.apply(applied, pool.address, bytes).ok).toBe(true);
    const after = phoenixV1.quote(applied, true, 10n ** 10n, CONTRACT_CLOCK);
    if (!before.ok || !after.ok) throw new Error('no quote');
    expect(Number(after.amountOut) / Number(before.amountOut)).toBeCloseTo(0.995 / 0.9975, 6);
    expect(loadWith((_, view) => view.setBigUint64(FEE_BPS_OFFSET, 10_001n, true)).ok).toBe(false);
  });

  test('with a frozen vault does not trade', () => {
    const { state } = contractPool(phoenixV1, CONTRACT_CASES[0]!);
    const vault = pool.accounts.get(state.vaultB)!;
    const data = vault.data.slice();
    data[108] = 2;
    expect(phoenixV1.apply(state, state.vaultB, { ...vault, data })).toMatchObject({
      reason: 'vault-unusable',
    });
    expect(phoenixV1.quote(state, true, 10n ** 9n, CONTRACT_CLOCK)).toMatchObject({ ok: false });
    expect(phoenixV1.apply(state, state.vaultB, vault).ok).toBe(true);
    expect(phoenixV1.quote(state, true, 10n ** 9n, CONTRACT_CLOCK).ok).toBe(true);
  });
});

describe('views of a book', () => {
  test('show every order that has not expired, and the same lots by level', () => {
    const early = { ...CONTRACT_CLOCK, slot: 1, unixTimestamp: 1 };
    expect(bookOrders(MIXED.state, early).asks).toHaveLength(60);
    const orders = bookOrders(MIXED.state, CONTRACT_CLOCK);
    const levels = bookLevels(MIXED.state, CONTRACT_CLOCK);
    for (const side of ['bids', 'asks'] as const) {
      expect(orders[side].length).toBeLessThan(60);
      expect(orders[side].length).toBeGreaterThan(30);
      const sum = orders[side].reduce((total, order) => total + order.baseAmount, 0n);
      expect(levels[side].reduce((total, level) => total + level.baseAmount, 0n)).toBe(sum);
      expect(levels[side].reduce((count, level) => count + level.orders, 0)).toBe(orders[side].length);
      expect(new Set(levels[side].map(({ ticks }) => ticks)).size).toBe(levels[side].length);
    }
    expect(bookLevels(MIXED.state, CONTRACT_CLOCK, 3).bids).toEqual(levels.bids.slice(0, 3));
  });

  test('follow a swap: what it bought is gone from the asks', () => {
    const total = (state: typeof pool.state) =>
      bookOrders(state, CONTRACT_CLOCK).asks.reduce((sum, order) => sum + order.baseAmount, 0n);
    const settled = phoenixV1.settle(pool.state, false, 50_000_000_000n, CONTRACT_CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    expect(total(settled.state)).toBe(total(pool.state) - settled.amountOut);
    expect(settled.amountOut).toBeGreaterThan(300_000_000_000n);
  });
});

test('an order is good until the slot and second that it names, and not one longer', () => {
  const { bids } = pool.state;
  const node = pool.state.facts.bids.offset + TREE_HEADER_BYTES + (bids.node[0]! - 1) * 64;
  const first = bookOrders(pool.state, CONTRACT_CLOCK).bids[0]!;
  for (const [offset, at] of [
    [48, BigInt(CONTRACT_CLOCK.slot)],
    [56, BigInt(CONTRACT_CLOCK.unixTimestamp)],
  ] as const) {
    for (const [last, isGood] of [
      [at, true],
      [at - 1n, false],
    ] as const) {
      const loaded = loadWith((_, view) => view.setBigUint64(node + offset, last, true));
      if (!loaded.ok) throw new Error(loaded.reason);
      const best = bookOrders(loaded.state, CONTRACT_CLOCK).bids[0]!;
      expect(best.sequenceNumber === first.sequenceNumber).toBe(isGood);
      const whole = phoenixV1.marginalPrice(pool.state, true, CONTRACT_CLOCK);
      expect(phoenixV1.marginalPrice(loaded.state, true, CONTRACT_CLOCK) === whole).toBe(isGood);
    }
  }
});
