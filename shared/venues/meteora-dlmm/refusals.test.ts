import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { CONTRACT_CASES, CONTRACT_CLOCK, chainOf, contractPool, loadOrThrow } from '../contract.ts';
import { withTokenAmount } from '../token/token.ts';
import { arrayAddressOf } from './accounts.ts';
import { binOffset } from './bin-array.ts';
import { meteoraDlmm } from './index.ts';

const PLAIN = contractPool(meteoraDlmm, CONTRACT_CASES[0]!);
const AMOUNT = 1_000_000_000n;

function changed(account: Address, change: (view: DataView) => void): Map<Address, AccountBytes> {
  const accounts = new Map(PLAIN.accounts);
  const before = accounts.get(account)!;
  const data = before.data.slice();
  change(new DataView(data.buffer));
  accounts.set(account, { ...before, data });
  return accounts;
}

function reasonWith(accounts: Map<Address, AccountBytes>, clock = CONTRACT_CLOCK): string {
  const state = loadOrThrow(meteoraDlmm, PLAIN.address, chainOf(accounts));
  const quote = meteoraDlmm.quote(state, true, AMOUNT, clock);
  return quote.ok ? 'paid' : quote.reason;
}

describe('a pool', () => {
  test('that is disabled trades neither way', () => {
    expect(reasonWith(changed(PLAIN.address, (view) => view.setUint8(82, 1)))).toBe('pool-disabled');
  });

  test.each([
    ['slot', 0, 'slot'],
    ['time', 1, 'unixTimestamp'],
  ] as const)('with an activation %s waits for it', (_, type, field) => {
    const accounts = changed(PLAIN.address, (view) => {
      view.setUint8(75, 2);
      view.setUint8(86, type);
      view.setBigUint64(816, BigInt(CONTRACT_CLOCK[field]), true);
    });
    expect(reasonWith(accounts)).toBe('paid');
    expect(reasonWith(accounts, { ...CONTRACT_CLOCK, [field]: CONTRACT_CLOCK[field] - 1 })).toBe('not-open');
  });

  test.each([
    [75, 'pair type'],
    [35, 'function type'],
    [36, 'collect-fee mode'],
    [86, 'activation type'],
  ])('with byte %i unknown is of a version we do not trade: %s', (at, detail) => {
    const accounts = changed(PLAIN.address, (view) => view.setUint8(at, 9));
    const loaded = meteoraDlmm.load(PLAIN.address, chainOf(accounts));
    expect(loaded).toMatchObject({ ok: false, reason: 'unsupported-version' });
    expect(loaded).toHaveProperty('detail', expect.stringContaining(detail));
  });

  test('whose vault is short, is frozen or is told wrong bytes does not pay', () => {
    const vault = PLAIN.accounts.get(PLAIN.state.vaultB)!;
    const short = new Map(PLAIN.accounts).set(PLAIN.state.vaultB, withTokenAmount(vault, 1n));
    expect(reasonWith(short)).toBe('no-liquidity');
    const frozen = changed(PLAIN.state.vaultB, (view) => view.setUint8(108, 2));
    expect(meteoraDlmm.load(PLAIN.address, chainOf(frozen))).toMatchObject({ reason: 'vault-unusable' });
  });

  test('whose bin array is older than its active bin is not quoted through it', () => {
    const { activeId, addresses, window } = PLAIN.state;
    const below = activeId - 1;
    const index = Math.floor(below / 70);
    expect(window.watched).toContain(index);
    const stale = changed(arrayAddressOf(addresses, index), (view) =>
      view.setBigUint64(binOffset(index, below), 5n, true),
    );
    const state = loadOrThrow(meteoraDlmm, PLAIN.address, chainOf(stale));
    const deep = meteoraDlmm.quote(state, true, PLAIN.state.vaultAmountA, CONTRACT_CLOCK);
    expect(deep).toMatchObject({ ok: false, reason: 'missing-account' });
  });
});
