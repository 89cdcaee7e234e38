import { expect, it } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import {
  type Address,
  addressAt,
  associatedTokenAddress,
  TOKEN_PROGRAM,
  USDC_MINT,
  WSOL_MINT,
} from '../../core/address.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { encodeTokenAccount } from '../../venues/token/token.ts';
import { createWalletBalances } from './wallet-balances.ts';

const WALLET = addressAt(new Uint8Array(32).fill(5));
const OTHER = addressAt(new Uint8Array(32).fill(6));
const USDC = associatedTokenAddress(WALLET, USDC_MINT, TOKEN_PROGRAM);

function told(address: Address, account: AccountBytes | null, slot = 100): MarketEvent {
  return { kind: 'account', atMicros: 0, update: { address, slot, account } };
}

function holding(amount: bigint, mint = USDC_MINT): AccountBytes {
  return encodeTokenAccount({ mint, owner: WALLET, amount, tokenProgram: TOKEN_PROGRAM });
}

function balance(source: Address, mint: Address, amount: bigint, exists = true, slot = 100): MarketEvent {
  return { kind: 'balance', atMicros: 0, mint, amount, exists, slot, source };
}

it('follows lamports and the tokens of the mints asked for, tells them as balances, and takes only its own events', () => {
  const wallet = createWalletBalances([WALLET], [WSOL_MINT, USDC_MINT]);
  expect(wallet.accounts).toHaveLength(5);
  expect(wallet.accounts).toContain(USDC);
  const lamports = { owner: OTHER, lamports: 7n, data: new Uint8Array(0) };
  expect(wallet.take(told(WALLET, lamports))).toEqual(balance(WALLET, WSOL_MINT, 7n));
  expect(wallet.take(told(USDC, holding(1_500n)))).toEqual(balance(USDC, USDC_MINT, 1_500n));
  const stranger = told(OTHER, holding(9n));
  expect(wallet.take(stranger)).toBe(stranger);
  expect(wallet.balances().map(({ mint, amount, confirmed }) => [mint, amount, confirmed])).toEqual([
    [undefined, 7n, true],
    [USDC_MINT, 1_500n, true],
  ]);
});

it('does not vouch for what the feed has lost, until it is told again', () => {
  const wallet = createWalletBalances([WALLET], [USDC_MINT]);
  wallet.take(told(USDC, holding(3n)));
  const lost: MarketEvent = { kind: 'lost', atMicros: 0, addresses: [USDC], reason: 'behind' };
  expect(wallet.take(lost)).toBe(lost);
  const usdc = () => wallet.balances().find(({ mint }) => mint === USDC_MINT);
  expect(usdc()).toMatchObject({ amount: 3n, confirmed: false });
  wallet.take(told(USDC, holding(4n), 101));
  expect(usdc()).toMatchObject({ amount: 4n, confirmed: true, slot: 101 });
  wallet.take({ kind: 'feed', atMicros: 0, live: false, reason: 'closed' });
  expect(usdc()?.confirmed).toBe(false);
});

it('counts nothing for an account of another mint, or that is gone', () => {
  const wallet = createWalletBalances([WALLET], [USDC_MINT]);
  wallet.take(told(USDC, holding(3n, WSOL_MINT)));
  expect(wallet.balances().some(({ mint }) => mint === USDC_MINT)).toBe(false);
  wallet.take(told(USDC, null, 101));
  expect(wallet.balances().some(({ mint }) => mint === USDC_MINT)).toBe(false);
});

it('tells the engine of an account that went away, and of none that never was', () => {
  const wallet = createWalletBalances([WALLET], [USDC_MINT]);
  expect(wallet.take(told(USDC, null))).toBeUndefined();
  expect(wallet.take(told(USDC, holding(3n, WSOL_MINT)))).toBeUndefined();
  wallet.take(told(USDC, holding(3n), 101));
  expect(wallet.take(told(USDC, null, 102))).toEqual(balance(USDC, USDC_MINT, 0n, false, 102));
  expect(wallet.take(told(USDC, null, 103))).toBeUndefined();
});
