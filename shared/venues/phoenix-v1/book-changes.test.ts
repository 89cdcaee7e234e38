import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CONTRACT_CASES, CONTRACT_CLOCK, chainOf, contractPool, loadOrThrow } from '../contract.ts';
import { localHalf } from '../local-registry.ts';
import { LOTS, nodeOffset, readSide, TICKS, wordsOf } from './book.ts';
import { sideAfter } from './book-changes.ts';
import { phoenixV1 } from './index.ts';
import { decodeMarket, viewOf } from './layout.ts';
import { fullMarket } from './local/full-book.ts';

const full = fullMarket({ placed: 'changes', sized: 'changes' });
const facts = factsOf(full);
const bids = sideOf(full, true);

function factsOf(data: Uint8Array) {
  const decoded = decodeMarket(data);
  if (!decoded.ok) throw new Error(decoded.reason);
  return decoded.value;
}

function sideOf(data: Uint8Array, isBids: boolean) {
  const side = readSide(wordsOf(data), factsOf(data), isBids);
  if (typeof side === 'string') throw new Error(side);
  return side;
}

function bytesOf(data: Uint8Array) {
  return { bytes: Buffer.from(data.buffer, data.byteOffset, data.length), words: wordsOf(data) };
}

function bidsAfter(change: (view: DataView, data: Uint8Array) => void) {
  const after = full.slice();
  change(viewOf(after), after);
  return { after, side: sideAfter(bytesOf(full), bytesOf(after), facts.bids, bids) };
}

const orderAt = (index: number) => nodeOffset(facts.bids.offset, bids.node[index]!);

describe('new bytes of a full book', () => {
  test('with the same tree keep the side as it is, whatever else changed', () => {
    const { side } = bidsAfter((view) => view.setBigUint64(facts.asks.offset + 72, 12345n, true));
    expect(side).toBe(bids);
  });

  test('in which orders hold other lots give what reading it again gives', () => {
    const order = fc.record({
      index: fc.integer({ min: 0, max: 4_095 }),
      lots: fc.oneof(fc.bigInt({ min: 0n, max: 20_000n }), fc.constantFrom(1n << 33n, (1n << 64n) - 1n)),
    });
    fc.assert(
      fc.property(fc.array(order, { minLength: 1, maxLength: 8 }), (orders) => {
        const { after, side } = bidsAfter((view) => {
          for (const { index, lots } of orders) view.setBigUint64(orderAt(index) + LOTS, lots, true);
        });
        expect(side).toEqual(sideOf(after, true));
      }),
      { numRuns: 40 },
    );
  });

  test('in which the tree changed, or more orders than pay, are read again', () => {
    expect(bidsAfter((view) => view.setBigUint64(orderAt(7) + TICKS, 99_998n, true)).side).toBeUndefined();
    expect(bidsAfter((view) => view.setUint32(orderAt(7) + 12, 1, true)).side).toBeUndefined();
    expect(bidsAfter((view) => view.setUint32(facts.bids.offset, 9, true)).side).toBeUndefined();
    const many = bidsAfter((view) => {
      for (let i = 0; i < 33; i++) view.setBigUint64(orderAt(i) + LOTS, 7_777_777n, true);
    });
    expect(many.side).toBeUndefined();
  });

  test('of a node that is in no tree are read again', () => {
    const { accounts, state } = contractPool(phoenixV1, CONTRACT_CASES[0]!);
    const swapped = phoenixV1.settle(state, true, 2_000n * 10n ** 9n, CONTRACT_CLOCK);
    if (!swapped.ok) throw new Error(swapped.reason);
    const [write] = localHalf(phoenixV1).write(swapped.state, chainOf(accounts));
    const before = write!.account.data;
    const after = before.slice();
    // The best bid was taken: its node is on the list of free ones.
    const free = nodeOffset(state.facts.bids.offset, state.bids.node[0]!);
    viewOf(after).setBigUint64(free + LOTS, 5n, true);
    const side = sideOf(before, true);
    expect(side.count).toBeLessThan(state.bids.count);
    expect(sideAfter(bytesOf(before), bytesOf(after), state.facts.bids, side)).toBeUndefined();
  });
});

test('a market that takes the bytes of one swap after another reads as one loaded anew', () => {
  let pool = contractPool(phoenixV1, CONTRACT_CASES[0]!);
  const { state } = contractPool(phoenixV1, CONTRACT_CASES[0]!);
  for (let i = 0; i < 40; i++) {
    const aToB = i % 3 !== 0;
    const amountIn = aToB ? BigInt(1 + (i % 7)) * 10n ** 9n : BigInt(1 + (i % 5)) * 2n * 10n ** 8n;
    const settled = phoenixV1.settle(pool.state, aToB, amountIn, CONTRACT_CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    const [write] = localHalf(phoenixV1).write(settled.state, chainOf(pool.accounts));
    const accounts = new Map(pool.accounts).set(pool.address, write!.account);
    pool = { ...pool, accounts, state: loadOrThrow(phoenixV1, pool.address, chainOf(accounts)) };
    expect(phoenixV1.apply(state, pool.address, write!.account).ok).toBe(true);
    expect(state.bids).toEqual(pool.state.bids);
    expect(state.asks).toEqual(pool.state.asks);
  }
});
