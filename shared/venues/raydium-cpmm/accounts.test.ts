import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import { addressAt, findProgramAddress, USDC_MINT } from '../../core/address.ts';
import {
  CONTRACT_CASES,
  CONTRACT_CLOCK,
  type ContractPool,
  chainOf,
  contractPool,
  TAXED_MINT,
} from '../contract.ts';
import { withTokenAmount } from '../token/token.ts';
import { raydiumCpmm } from './index.ts';
import { CONFIG_DISCRIMINATOR, POOL_DISCRIMINATOR } from './layout.ts';
import { CPMM_AUTHORITY, CPMM_PROGRAM } from './program.ts';
import type { CpmmState } from './state.ts';
import { SWAP_DISCRIMINATOR } from './swap.ts';

const PLAIN = CONTRACT_CASES[0]!;
const TAXED = CONTRACT_CASES.find(({ mintB }) => mintB.address === TAXED_MINT)!;
const AMOUNT = 1_000_000_000n;

function amountOut(state: CpmmState): bigint | string {
  const quote = raydiumCpmm.quote(state, true, AMOUNT, CONTRACT_CLOCK);
  return quote.ok ? quote.amountOut : quote.reason;
}

function changed(account: AccountBytes, at: number, ...bytes: readonly number[]): AccountBytes {
  const data = account.data.slice();
  data.set(bytes, at);
  return { ...account, data };
}

/** The refusal of loading the pool with one account replaced. */
function refusalWith(pool: ContractPool<CpmmState>, address: string, account: AccountBytes): string {
  const source = chainOf(pool.accounts);
  const loaded = raydiumCpmm.load(pool.address, (asked) => (asked === address ? account : source(asked)));
  return loaded.ok ? 'loaded' : loaded.reason;
}

test('the constants are the hashes and the address that the program derives', () => {
  const discriminator = (name: string) =>
    new Uint8Array(createHash('sha256').update(name).digest().subarray(0, 8));
  expect(POOL_DISCRIMINATOR).toEqual(discriminator('account:PoolState'));
  expect(CONFIG_DISCRIMINATOR).toEqual(discriminator('account:AmmConfig'));
  expect(SWAP_DISCRIMINATOR).toEqual(discriminator('global:swap_base_input'));
  const seed = new TextEncoder().encode('vault_and_lp_mint_auth_seed');
  expect(findProgramAddress([seed], CPMM_PROGRAM).address).toBe(CPMM_AUTHORITY);
});

describe('loading', () => {
  const pool = contractPool(raydiumCpmm, PLAIN);
  const { state } = pool;
  const of = (address: string): AccountBytes => pool.accounts.get(address as typeof state.address)!;

  test('asks for the vaults and the config, and for a mint only when it is Token-2022', () => {
    const roles = (held: CpmmState) =>
      held.accounts.map(({ role, everySwap }) => `${role}${everySwap ? '!' : ''}`);
    expect(roles(state)).toEqual(['pool!', 'vault!', 'vault!', 'config']);
    const taxed = contractPool(raydiumCpmm, TAXED).state;
    expect(roles(taxed)).toEqual(['pool!', 'vault!', 'vault!', 'config', 'mint']);
    expect(taxed.accounts.at(-1)?.address).toBe(TAXED_MINT);
  });

  test('refuses a frozen vault, a stranger’s vault, and a vault of another mint', () => {
    expect(refusalWith(pool, state.vaultA, changed(of(state.vaultA), 108, 2))).toBe('vault-unusable');
    expect(refusalWith(pool, state.vaultA, changed(of(state.vaultA), 40, 1, 2, 3))).toBe('vault-unusable');
    expect(refusalWith(pool, state.vaultA, of(state.vaultB))).toBe('vault-unusable');
  });

  test('refuses a config that takes more than there is', () => {
    const rate = (at: number, value: number) =>
      refusalWith(
        pool,
        state.config,
        changed(of(state.config), at, value & 255, (value >> 8) & 255, value >> 16),
      );
    expect(rate(12, 999_499)).toBe('loaded');
    expect(rate(12, 999_500)).toBe('inconsistent-accounts'); // with the creator’s 500: all of it
    expect(rate(20, 960_000)).toBe('loaded');
    expect(rate(20, 960_001)).toBe('inconsistent-accounts');
  });

  test('refuses mints out of order, foreign owners, cut bytes and wrong discriminators', () => {
    const bytes = of(pool.address);
    const swapped = changed(bytes, 168, ...bytes.data.subarray(200, 232), ...bytes.data.subarray(168, 200));
    expect(refusalWith(pool, pool.address, swapped)).toBe('inconsistent-accounts');
    expect(refusalWith(pool, pool.address, { ...bytes, owner: USDC_MINT })).toBe('not-this-venue');
    expect(refusalWith(pool, pool.address, { ...bytes, data: bytes.data.subarray(0, 636) })).toBe(
      'wrong-length',
    );
    expect(refusalWith(pool, pool.address, changed(bytes, 0, 1))).toBe('wrong-discriminator');
    expect(refusalWith(pool, state.config, changed(of(state.config), 0, 1))).toBe('wrong-discriminator');
    expect(refusalWith(pool, state.vaultB, { ...of(state.vaultB), owner: USDC_MINT })).toBe('vault-unusable');
  });

  test('refuses a Token-2022 mint that starts to hook its transfers', () => {
    const taxed = contractPool(raydiumCpmm, TAXED);
    const mint = taxed.accounts.get(TAXED_MINT)!;
    const hook = [14, 0, 64, 0, ...new Array<number>(63).fill(0), 1];
    const hooked = { ...mint, data: Uint8Array.from([...mint.data, ...hook]) };
    expect(refusalWith(taxed, TAXED_MINT, hooked)).toBe('unsupported-mint');
  });
});

describe('applying', () => {
  test('takes a vault’s new amount and a status bit into the next quote', () => {
    const { state, accounts, address } = contractPool(raydiumCpmm, PLAIN);
    const before = amountOut(state) as bigint;
    const vault = accounts.get(state.vaultB)!;
    raydiumCpmm.apply(state, state.vaultB, withTokenAmount(vault, state.vaultAmountB * 2n));
    expect(Number(amountOut(state)) / Number(before)).toBeCloseTo(2, 2);
    raydiumCpmm.apply(state, address, changed(accounts.get(address)!, 329, 4));
    expect(amountOut(state)).toBe('pool-disabled');
    raydiumCpmm.apply(state, address, accounts.get(address)!);
    raydiumCpmm.apply(state, state.vaultB, vault);
    expect(amountOut(state)).toBe(before);
  });

  test('quotes nothing from a refused account until that account is good again', () => {
    const { state, accounts, address } = contractPool(raydiumCpmm, PLAIN);
    const before = amountOut(state);
    const vault = accounts.get(state.vaultA)!;
    const frozen = raydiumCpmm.apply(state, state.vaultA, changed(vault, 108, 2));
    expect(frozen).toMatchObject({ ok: false, reason: 'vault-unusable' });
    expect(amountOut(state)).toBe('missing-account');
    expect(raydiumCpmm.apply(state, address, accounts.get(address)!).ok).toBe(true);
    expect(amountOut(state)).toBe('missing-account');
    raydiumCpmm.apply(state, state.vaultA, vault);
    expect(amountOut(state)).toBe(before);
  });

  test('refuses a vault that became another’s or another mint’s', () => {
    const { state, accounts } = contractPool(raydiumCpmm, PLAIN);
    const vault = accounts.get(state.vaultA)!;
    for (const at of [3, 40]) {
      const outcome = raydiumCpmm.apply(state, state.vaultA, changed(vault, at, 1, 2, 3));
      expect(outcome).toMatchObject({ ok: false, reason: 'vault-unusable' });
    }
  });

  test('refuses a pool account that names other vaults than before', () => {
    const { state, accounts, address } = contractPool(raydiumCpmm, PLAIN);
    const other = changed(accounts.get(address)!, 72, ...addressBytesOf(9));
    expect(raydiumCpmm.apply(state, address, other)).toMatchObject({ reason: 'inconsistent-accounts' });
    expect(state.vaultA).not.toBe(addressAt(addressBytesOf(9)));
  });
});

function addressBytesOf(byte: number): Uint8Array {
  return new Uint8Array(32).fill(byte);
}

test('a swap names the program’s thirteen accounts in its order', () => {
  const { state } = contractPool(raydiumCpmm, PLAIN);
  const [owner, tokenA, tokenB] = [30, 31, 32].map((byte) => addressAt(addressBytesOf(byte))) as [
    typeof state.address,
    typeof state.address,
    typeof state.address,
  ];
  const args = { owner, tokenA, tokenB, amountIn: 5n, minAmountOut: 4n };
  const accounts = (aToB: boolean) =>
    raydiumCpmm
      .swap(state, { ...args, aToB })
      .accounts.map(({ address, isSigner, isWritable }) => [
        address,
        `${isSigner ? 's' : ''}${isWritable ? 'w' : ''}`,
      ]);
  expect(accounts(true)).toEqual([
    [owner, 's'],
    [CPMM_AUTHORITY, ''],
    [state.config, ''],
    [state.address, 'w'],
    [tokenA, 'w'],
    [tokenB, 'w'],
    [state.vaultA, 'w'],
    [state.vaultB, 'w'],
    [state.tokenProgramA, ''],
    [state.tokenProgramB, ''],
    [state.mintA, ''],
    [state.mintB, ''],
    [state.observation, 'w'],
  ]);
  const [forward, back] = [accounts(true), accounts(false)];
  for (const [a, b] of [
    [4, 5],
    [6, 7],
    [8, 9],
    [10, 11],
  ] as const) {
    expect([back[a], back[b]]).toEqual([forward[b], forward[a]]);
  }
});
