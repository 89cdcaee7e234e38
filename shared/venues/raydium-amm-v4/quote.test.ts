import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressBytes } from '../../core/address.ts';
import { U64_MAX } from '../../core/units.ts';
import { CONTRACT_CLOCK, chainOf, contractCases, contractPool, loadOrThrow, withRules } from '../contract.ts';
import { withTokenAmount } from '../token/token.ts';
import { raydiumAmmV4 as anyDeployment } from './index.ts';
import type { AmmV4State } from './state.ts';

/** As the proven binary, which counts what stands in the order book. */
const raydiumAmmV4 = withRules(anyDeployment, 'fee-to-nearest');
const CASES = contractCases(raydiumAmmV4);
const NOW = CONTRACT_CLOCK.unixTimestamp;

interface Setup {
  readonly status?: bigint;
  readonly openTime?: number;
  readonly fee?: readonly [numerator: bigint, denominator: bigint];
  readonly vaultA?: bigint;
  readonly vaultB?: bigint;
  readonly pnlA?: bigint;
  readonly pnlB?: bigint;
  readonly feesTakenA?: bigint;
}

/** The pool of variant 0 with these figures; 1,000,000 coin and 2,000,000 pc unless told otherwise. */
function poolOf(setup: Setup): AmmV4State {
  const pool = contractPool(raydiumAmmV4, CASES[0]!);
  const accounts = new Map<Address, AccountBytes>(pool.accounts);
  const { vaultA, vaultB } = pool.state;
  accounts.set(vaultA, withTokenAmount(accounts.get(vaultA)!, setup.vaultA ?? 1_000_000n));
  accounts.set(vaultB, withTokenAmount(accounts.get(vaultB)!, setup.vaultB ?? 2_000_000n));
  const account = accounts.get(pool.address)!;
  const data = account.data.slice();
  const view = new DataView(data.buffer);
  const [numerator, denominator] = setup.fee ?? [25n, 10_000n];
  view.setBigUint64(0, setup.status ?? 6n, true);
  view.setBigUint64(176, numerator, true);
  view.setBigUint64(184, denominator, true);
  view.setBigUint64(192, setup.pnlA ?? 0n, true);
  view.setBigUint64(200, setup.pnlB ?? 0n, true);
  view.setBigUint64(224, BigInt(setup.openTime ?? 0), true);
  view.setBigUint64(328, setup.feesTakenA ?? 0n, true);
  accounts.set(pool.address, { ...account, data });
  return loadOrThrow(raydiumAmmV4, pool.address, chainOf(accounts));
}

function paid(setup: Setup, aToB: boolean, amountIn: bigint): bigint | string {
  const quote = raydiumAmmV4.quote(poolOf(setup), aToB, amountIn, CONTRACT_CLOCK);
  return quote.ok ? quote.amountOut : quote.reason;
}

describe('the swap fee', () => {
  const even: Setup = { vaultA: 10n ** 15n, vaultB: 10n ** 18n };

  test('is rounded up from one unit on, and to the nearest below it', () => {
    // A coin is worth just under 1,000 pc here, so the units that trade show in the thousands.
    expect(paid(even, true, 199n)).toBe(198_999n); // 0.4975: none
    expect(paid(even, true, 200n)).toBe(198_999n); // 0.5: one
    expect(paid(even, true, 400n)).toBe(398_999n); // 1 exactly
    expect(paid(even, true, 401n)).toBe(398_999n); // 1.0025: two
  });

  test('is that of the swap, whatever the pool’s other fees are', () => {
    expect(paid({ ...even, fee: [1n, 2n] }, true, 1_000n)).toBe(499_999n);
    expect(paid({ ...even, fee: [0n, 1n] }, true, 1_000n)).toBe(999_999n);
  });
});

describe('a swap', () => {
  test('meets the vaults less what is owed to the protocol', () => {
    // 10,000 in, fee 25: 9,975 × 2,000,000 / 1,009,975, down
    expect(paid({}, true, 10_000n)).toBe(19_752n);
    expect(paid({ vaultA: 1_000_777n, pnlA: 777n, vaultB: 2_000_333n, pnlB: 333n }, true, 10_000n)).toBe(
      19_752n,
    );
  });

  test('is refused when a side is empty or owes more than it holds', () => {
    expect(paid({ vaultB: 0n }, true, 10_000n)).toBe('no-liquidity');
    expect(paid({ vaultA: 50n, pnlA: 51n }, true, 10_000n)).toBe('no-liquidity');
  });

  test('is refused when it would pay nothing, as the program’s InvalidInput does', () => {
    expect(paid({}, false, 1n)).toBe('amount-too-small');
    expect(paid({}, false, 3n)).toBe(1n); // 3 × 1,000,000 / 2,000,003
  });

  test('is refused when the vault could not hold what comes in, or the running total the fee', () => {
    expect(paid({ vaultA: U64_MAX - 10_000n }, true, 10_000n)).toBe('amount-too-small');
    expect(paid({ vaultA: U64_MAX - 9_999n }, true, 10_000n)).toBe('amount-overflow');
    expect(paid({ feesTakenA: U64_MAX - 25n }, true, 10_000n)).toBe(19_752n);
    expect(paid({ feesTakenA: U64_MAX - 24n }, true, 10_000n)).toBe('amount-overflow');
    expect(paid({ feesTakenA: U64_MAX - 24n }, false, 10_000n)).toBe(4_962n);
  });

  test('never lowers the product of the reserves', () => {
    const reserve = fc.bigInt(1n, 10n ** 18n);
    const setup = fc.record({
      vaultA: reserve,
      vaultB: reserve,
      fee: fc.constantFrom<readonly [bigint, bigint]>([25n, 10_000n], [1n, 3n], [0n, 1n], [7n, 999_983n]),
    });
    let settledSwaps = 0;
    fc.assert(
      fc.property(setup, fc.boolean(), fc.bigInt(1n, 10n ** 18n), (given, aToB, amountIn) => {
        const state = poolOf(given);
        const settled = raydiumAmmV4.settle(state, aToB, amountIn, CONTRACT_CLOCK);
        if (!settled.ok) return;
        settledSwaps++;
        const product = ({ vaultAmountA, vaultAmountB }: AmmV4State) => vaultAmountA * vaultAmountB;
        expect(product(settled.state)).toBeGreaterThanOrEqual(product(state));
      }),
      { numRuns: 100 },
    );
    expect(settledSwaps).toBeGreaterThan(30);
  });
});

describe('the status', () => {
  test('lets swaps through as the program’s swap permission does', () => {
    const answers = [2n, 3n, 4n, 5n, 6n, 7n].map((status) => paid({ status }, true, 10_000n));
    expect(answers).toEqual([...new Array<string>(4).fill('pool-disabled'), 19_752n, 19_752n]);
  });

  test('of a waiting pool holds until the open time of the chain’s clock, and becomes swap only with the first swap', () => {
    expect(paid({ status: 7n, openTime: NOW + 1 }, true, 10_000n)).toBe('not-open');
    expect(paid({ status: 6n, openTime: NOW + 1 }, true, 10_000n)).toBe(19_752n);
    const waiting = poolOf({ status: 7n, openTime: NOW });
    const settled = raydiumAmmV4.settle(waiting, true, 10_000n, CONTRACT_CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    expect(settled.state.figures.status).toBe(6);
    expect(waiting.figures.status).toBe(7);
    expect(raydiumAmmV4.marginalPrice(poolOf({ status: 7n, openTime: NOW + 1 }), true, CONTRACT_CLOCK)).toBe(
      0,
    );
  });
});

describe('a pool attached to its order book', () => {
  const attached = CASES[3]!;
  const pool = contractPool(raydiumAmmV4, attached);
  const book = pool.state.book!;
  const of = (address: Address): AccountBytes => pool.accounts.get(address)!;

  function changed(account: AccountBytes, edit: (view: DataView, data: Uint8Array) => void): AccountBytes {
    const data = account.data.slice();
    edit(new DataView(data.buffer), data);
    return { ...account, data };
  }

  function reserves(state: AmmV4State): readonly bigint[] {
    return [state.sideAToB.reserveIn, state.sideAToB.reserveOut];
  }

  test('counts what it holds there, booked or not', () => {
    const { state } = contractPool(raydiumAmmV4, attached);
    const [coin, pc] = reserves(state) as [bigint, bigint];
    const orders = changed(of(book.openOrders), (view) => {
      view.setBigUint64(85, view.getBigUint64(85, true) + 111n, true);
      view.setBigUint64(101, view.getBigUint64(101, true) + 222n, true);
    });
    expect(raydiumAmmV4.apply(state, book.openOrders, orders).ok).toBe(true);
    expect(reserves(state)).toEqual([coin + 111n, pc + 222n]);
  });

  test('counts unbooked fills of its own orders as maker, and no other event', () => {
    const { state } = contractPool(raydiumAmmV4, attached);
    const events = (...list: readonly (readonly [flags: number, released: bigint, paid: bigint])[]) =>
      changed(of(book.keys.eventQueue), (view, data) => {
        view.setBigUint64(13, 6n, true);
        view.setBigUint64(21, BigInt(list.length), true);
        list.forEach(([flags, released, paidIn], i) => {
          const at = 37 + 88 * ((6 + i) % 8);
          data[at] = flags;
          view.setBigUint64(at + 8, released, true);
          view.setBigUint64(at + 16, paidIn, true);
          data.set(addressBytes(book.openOrders), at + 48);
        });
      });
    const take = (queue: AccountBytes) => raydiumAmmV4.apply(state, book.keys.eventQueue, queue);
    expect(take(events()).ok).toBe(true);
    const [coin, pc] = reserves(state) as [bigint, bigint];
    // A bid filled as maker, a bid filled as taker, an order taken out, an ask filled as maker: round the ring’s end.
    expect(take(events([13, 70n, 500n], [5, 1n, 1n], [2, 7n, 7n], [9, 900n, 40n])).ok).toBe(true);
    expect(reserves(state)).toEqual([coin + 70n - 40n, pc - 500n + 900n]);
    const strange = changed(events([13, 70n, 500n]), (_, data) =>
      data.fill(9, 37 + 88 * 6 + 48, 37 + 88 * 6 + 80),
    );
    expect(take(strange).ok).toBe(true);
    expect(reserves(state)).toEqual([coin, pc]);
    expect(take(events([13 | 32, 70n, 500n]))).toMatchObject({ ok: false, reason: 'inconsistent-accounts' });
    expect(raydiumAmmV4.quote(state, true, 1_000_000n, CONTRACT_CLOCK)).toMatchObject({
      reason: 'missing-account',
    });
  });

  test('pays no more than its vault holds', () => {
    const { state } = contractPool(raydiumAmmV4, attached);
    const low = withTokenAmount(of(state.vaultB), 1_000_000n);
    expect(raydiumAmmV4.apply(state, state.vaultB, low).ok).toBe(true);
    const deep = raydiumAmmV4.quote(state, true, 10n ** 15n, CONTRACT_CLOCK);
    expect(deep).toMatchObject({ ok: false, reason: 'no-liquidity' });
    expect(raydiumAmmV4.quote(state, true, 10n ** 4n, CONTRACT_CLOCK).ok).toBe(true);
  });
});
