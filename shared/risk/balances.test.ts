import { describe, expect, it } from 'vitest';
import { type Address, addressAt, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createBalances } from './balances.ts';

const at = (fill: number): Address => addressAt(new Uint8Array(32).fill(fill));
const WALLET = at(1);
const WSOL_ACCOUNT = at(2);
const USDC_ACCOUNT = at(3);
const sol = (amount: bigint, slot: number, exists = true) => ({ mint: WSOL_MINT, amount, exists, slot });

describe('balances', () => {
  it('are what was given, what trades added, less what is locked', () => {
    const balances = createBalances(new Map([[WSOL_MINT, 10n]]));
    expect([balances.free(WSOL_MINT), balances.free(USDC_MINT)]).toEqual([10n, 0n]);
    expect([balances.has(WSOL_MINT), balances.has(USDC_MINT)]).toEqual([true, false]);
    balances.lock(WSOL_MINT, 4n);
    balances.lock(WSOL_MINT, 1n);
    expect(balances.free(WSOL_MINT)).toBe(5n);
    balances.unlock(WSOL_MINT, 4n);
    balances.change(WSOL_MINT, -2n, 1);
    balances.change(USDC_MINT, 0n, 1);
    expect(balances.free(WSOL_MINT)).toBe(7n);
    expect(balances.has(USDC_MINT)).toBe(true);
    expect([...balances.entries()]).toEqual([
      [WSOL_MINT, 8n],
      [USDC_MINT, 0n],
    ]);
  });

  it('only note what the chain tells where it has not the word', () => {
    const balances = createBalances(new Map([[WSOL_MINT, 10n]]));
    balances.tell(WALLET, sol(3n, 5));
    expect(balances.free(WSOL_MINT)).toBe(10n);
    expect(balances.told.get(WALLET)).toEqual(sol(3n, 5));
  });

  it('are what the accounts of a mint hold together where the chain has the word', () => {
    const balances = createBalances(new Map([[WSOL_MINT, 10n]]), true);
    expect(balances.free(WSOL_MINT)).toBe(10n);
    balances.tell(WALLET, sol(3n, 5));
    balances.tell(WSOL_ACCOUNT, sol(4n, 5));
    balances.tell(USDC_ACCOUNT, { mint: USDC_MINT, amount: 9n, exists: true, slot: 5 });
    expect([balances.free(WSOL_MINT), balances.free(USDC_MINT)]).toEqual([7n, 9n]);
    balances.lock(WSOL_MINT, 2n);
    expect(balances.free(WSOL_MINT)).toBe(5n);
    balances.tell(WALLET, sol(1n, 6));
    expect(balances.free(WSOL_MINT)).toBe(3n);
  });

  it('take nothing of an earlier slot than was told of the account, and the last of the same', () => {
    const balances = createBalances(new Map(), true);
    balances.tell(WALLET, sol(3n, 5));
    balances.tell(WALLET, sol(9n, 4));
    expect(balances.free(WSOL_MINT)).toBe(3n);
    balances.tell(WALLET, sol(2n, 5));
    expect(balances.free(WSOL_MINT)).toBe(2n);
  });

  it('count a trade until the chain has told of its slot, in whichever order the two come', () => {
    const balances = createBalances(new Map(), true);
    balances.tell(WALLET, sol(10n, 5));
    balances.change(WSOL_MINT, 2n, 7);
    balances.change(WSOL_MINT, 3n, 8);
    expect(balances.free(WSOL_MINT)).toBe(15n);
    balances.tell(WALLET, sol(12n, 7));
    expect(balances.free(WSOL_MINT)).toBe(15n);
    balances.tell(WALLET, sol(15n, 8));
    expect(balances.free(WSOL_MINT)).toBe(15n);
    // The chain was first: it had the trade of slot 9 already.
    balances.tell(WALLET, sol(16n, 9));
    balances.change(WSOL_MINT, 1n, 9);
    expect(balances.free(WSOL_MINT)).toBe(16n);
  });

  it('count every trade while the chain has told nothing of its mint, of whichever slot, and each mint by itself', () => {
    const balances = createBalances(new Map(), true);
    balances.change(WSOL_MINT, 2n, 0);
    balances.change(WSOL_MINT, 3n, 0);
    balances.change(USDC_MINT, 7n, 1);
    expect([balances.free(WSOL_MINT), balances.free(USDC_MINT)]).toEqual([5n, 7n]);
    balances.tell(WALLET, sol(9n, 3));
    expect([balances.free(WSOL_MINT), balances.free(USDC_MINT)]).toEqual([9n, 7n]);
    balances.change(USDC_MINT, 1n, 1);
    expect(balances.free(USDC_MINT)).toBe(8n);
  });

  it('know of no account once it is gone, and of one that a trade has made', () => {
    const balances = createBalances(new Map([[USDC_MINT, 1n]]), true);
    balances.tell(USDC_ACCOUNT, { mint: USDC_MINT, amount: 0n, exists: false, slot: 5 });
    expect([balances.has(USDC_MINT), balances.free(USDC_MINT)]).toEqual([false, 0n]);
    balances.change(USDC_MINT, 0n, 6);
    expect(balances.has(USDC_MINT)).toBe(true);
    balances.tell(USDC_ACCOUNT, { mint: USDC_MINT, amount: 4n, exists: true, slot: 6 });
    expect([balances.has(USDC_MINT), balances.free(USDC_MINT)]).toEqual([true, 4n]);
  });
});
