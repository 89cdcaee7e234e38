import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import {
  type Address,
  addressAt,
  addressBytes,
  findProgramAddress,
  TOKEN_2022_PROGRAM,
  USDC_MINT,
} from '../../core/address.ts';
import { CONTRACT_CLOCK, chainOf, contractCases, contractPool, withRules } from '../contract.ts';
import { localHalf } from '../local-registry.ts';
import { raydiumAmmV4 as anyDeployment } from './index.ts';
import { readSwap } from './local/read-swap.ts';
import { AMM_V4_AUTHORITY, AMM_V4_PROGRAM, AUTHORITY_NONCE } from './program.ts';
import { swap, swapV2 } from './swap.ts';

/** As the proven binary, which counts what stands in the order book. */
const raydiumAmmV4 = withRules(anyDeployment, 'fee-to-nearest');
const CASES = contractCases(raydiumAmmV4);
const PLAIN = CASES[0]!;
const ATTACHED = CASES[3]!;
const key = (byte: number): Address => addressAt(new Uint8Array(32).fill(byte));

function changed(account: AccountBytes, at: number, ...bytes: readonly number[]): AccountBytes {
  const data = account.data.slice();
  data.set(bytes, at);
  return { ...account, data };
}

/** The refusal of loading a case's pool with one account replaced. */
function refusalWith(pool: ReturnType<typeof poolOf>, address: Address, account: AccountBytes): string {
  const source = chainOf(pool.accounts);
  const loaded = raydiumAmmV4.load(pool.address, (asked) => (asked === address ? account : source(asked)));
  return loaded.ok ? 'loaded' : loaded.reason;
}

function poolOf(contractCase: typeof PLAIN) {
  return contractPool(raydiumAmmV4, contractCase);
}

test('the authority and its nonce are those that the program derives', () => {
  const { address, bump } = findProgramAddress([new TextEncoder().encode('amm authority')], AMM_V4_PROGRAM);
  expect([address, BigInt(bump)]).toEqual([AMM_V4_AUTHORITY, AUTHORITY_NONCE]);
});

describe('loading', () => {
  const pool = poolOf(PLAIN);
  const bytes = pool.accounts.get(pool.address)!;
  const withPool = (account: AccountBytes) => refusalWith(pool, pool.address, account);

  test('takes no other account of the program for a pool, though none has a discriminator', () => {
    expect(withPool({ ...bytes, owner: USDC_MINT })).toBe('not-this-venue');
    expect(withPool({ ...bytes, data: bytes.data.subarray(0, 751) })).toBe('wrong-length');
    expect(withPool({ ...bytes, data: new Uint8Array(752) })).toBe('wrong-discriminator');
    expect(withPool({ ...bytes, data: new Uint8Array(752).fill(255) })).toBe('wrong-discriminator');
    expect(withPool(changed(bytes, 0, 0))).toBe('wrong-discriminator'); // status: none
    expect(withPool(changed(bytes, 0, 8))).toBe('wrong-discriminator'); // status: unknown
    expect(withPool(changed(bytes, 8, 253))).toBe('wrong-discriminator'); // nonce
    expect(withPool(changed(bytes, 33, 1))).toBe('wrong-discriminator'); // coin decimals
    expect(withPool(changed(bytes, 41, 1))).toBe('wrong-discriminator'); // pc decimals
    expect(withPool(changed(bytes, 48, 7))).toBe('wrong-discriminator'); // machine state
    expect(withPool(changed(bytes, 56, 2))).toBe('wrong-discriminator'); // reset flag
  });

  test('refuses a fee of one or more, and a denominator of zero', () => {
    expect(withPool(changed(bytes, 176, ...new Array<number>(8).fill(255)))).toBe('inconsistent-accounts');
    expect(withPool(changed(bytes, 184, ...new Array<number>(8).fill(0)))).toBe('inconsistent-accounts');
  });

  test('refuses a pool of one mint on both sides', () => {
    const one = changed(bytes, 432, ...bytes.data.subarray(400, 432));
    expect(withPool(one)).toBe('inconsistent-accounts');
  });

  test('refuses vaults that are frozen, another’s, of another mint or under Token-2022', () => {
    const { vaultA, vaultB } = pool.state;
    const vault = pool.accounts.get(vaultA)!;
    expect(refusalWith(pool, vaultA, changed(vault, 108, 2))).toBe('vault-unusable');
    expect(refusalWith(pool, vaultA, changed(vault, 40, 1, 2, 3))).toBe('vault-unusable');
    expect(refusalWith(pool, vaultA, pool.accounts.get(vaultB)!)).toBe('vault-unusable');
    expect(refusalWith(pool, vaultA, { ...vault, owner: TOKEN_2022_PROGRAM })).toBe('vault-unusable');
  });

  test('asks for the order book only while the pool is attached to it', () => {
    const roles = (state: typeof pool.state) => state.accounts.map(({ role }) => role);
    expect(roles(pool.state)).toEqual(['pool', 'vault', 'vault']);
    expect(roles(poolOf(ATTACHED).state)).toEqual(['pool', 'vault', 'vault', 'book', 'book', 'book']);
  });

  test('refuses a market, open orders or event queue that is not the pool’s', () => {
    const attached = poolOf(ATTACHED);
    const { market, openOrders, keys } = attached.state.book!;
    const at = (address: Address, offset: number, ...values: readonly number[]) =>
      refusalWith(attached, address, changed(attached.accounts.get(address)!, offset, ...values));
    for (const address of [market, openOrders, keys.eventQueue]) {
      const account = attached.accounts.get(address)!;
      expect(at(address, 0, 1)).toBe('wrong-discriminator');
      expect(at(address, account.data.length - 1, 1)).toBe('wrong-discriminator');
      expect(at(address, 5, 129)).toBe('unsupported-version');
      expect(refusalWith(attached, address, { ...account, owner: USDC_MINT })).toBe('inconsistent-accounts');
      expect(refusalWith(attached, address, { ...account, data: account.data.subarray(1) })).toBe(
        'wrong-length',
      );
    }
    expect(at(market, 53, 1, 2, 3)).toBe('inconsistent-accounts');
    expect(at(openOrders, 13, 1, 2, 3)).toBe('inconsistent-accounts');
    expect(at(openOrders, 45, 1, 2, 3)).toBe('inconsistent-accounts');
    expect(at(keys.eventQueue, 21, 9)).toBe('inconsistent-accounts'); // more events than places
  });
});

describe('applying', () => {
  const amount = 1_000_000_000n;
  const quoted = (state: ReturnType<typeof poolOf>['state']) => {
    const quote = raydiumAmmV4.quote(state, true, amount, CONTRACT_CLOCK);
    return quote.ok ? quote.amountOut : quote.reason;
  };

  test('quotes nothing from a refused account until that account is good again', () => {
    const { state, accounts, address } = poolOf(PLAIN);
    const before = quoted(state);
    const vault = accounts.get(state.vaultA)!;
    expect(raydiumAmmV4.apply(state, state.vaultA, changed(vault, 108, 2)).ok).toBe(false);
    expect(raydiumAmmV4.apply(state, address, accounts.get(address)!).ok).toBe(true);
    expect(quoted(state)).toBe('missing-account');
    expect(raydiumAmmV4.apply(state, state.vaultA, vault).ok).toBe(true);
    expect(quoted(state)).toBe(before);
  });

  test('takes a status into the next quote', () => {
    const { state, accounts, address } = poolOf(PLAIN);
    const before = quoted(state);
    const account = accounts.get(address)!;
    expect(raydiumAmmV4.apply(state, address, changed(account, 0, 4)).ok).toBe(true);
    expect(quoted(state)).toBe('pool-disabled');
    expect(raydiumAmmV4.apply(state, address, account).ok).toBe(true);
    expect(quoted(state)).toBe(before);
  });

  test('wants a pool that joins or leaves its order book loaded again', () => {
    const plain = poolOf(PLAIN);
    const joined = changed(plain.accounts.get(plain.address)!, 0, 1);
    expect(raydiumAmmV4.apply(plain.state, plain.address, joined).ok).toBe(false);
    expect(quoted(plain.state)).toBe('missing-account');
    const attached = poolOf(ATTACHED);
    const left = changed(attached.accounts.get(attached.address)!, 0, 6);
    expect(raydiumAmmV4.apply(attached.state, attached.address, left).ok).toBe(false);
    expect(refusalWith(attached, attached.address, left)).toBe('loaded');
  });

  test('takes a market whose totals moved and refuses one that names other accounts', () => {
    const { state, accounts } = poolOf(ATTACHED);
    const { market } = state.book!;
    const account = accounts.get(market)!;
    expect(raydiumAmmV4.apply(state, market, changed(account, 149, 1, 2, 3)).ok).toBe(true);
    expect(raydiumAmmV4.apply(state, market, changed(account, 253, 1, 2, 3)).ok).toBe(false);
  });
});

describe('a swap instruction', () => {
  const args = { owner: key(30), tokenA: key(31), tokenB: key(32), amountIn: 5n, minAmountOut: 4n };
  const names = (instruction: ReturnType<typeof swap>) => instruction.accounts.map(({ address }) => address);

  test('has the program’s eighteen places, with the order book’s own accounts while attached', () => {
    const { state } = poolOf(ATTACHED);
    const book = state.book!;
    const { keys } = book;
    expect(names(swap(state, { ...args, aToB: true })).slice(3)).toEqual([
      book.openOrders,
      state.vaultA,
      state.vaultA,
      state.vaultB,
      book.program,
      book.market,
      keys.bids,
      keys.asks,
      keys.eventQueue,
      keys.coinVault,
      keys.pcVault,
      keys.vaultSigner,
      args.tokenA,
      args.tokenB,
      args.owner,
    ]);
  });

  test('of a pool without an order book adds no account for it', () => {
    const { state } = poolOf(PLAIN);
    const all = names(swap(state, { ...args, aToB: false }));
    expect(all).toHaveLength(18);
    expect(new Set(all).size).toBe(8);
    expect(all.slice(15)).toEqual([args.tokenB, args.tokenA, args.owner]);
  });

  test('is read back in both generations and both directions', () => {
    const { state } = poolOf(PLAIN);
    for (const build of [swap, swapV2]) {
      for (const aToB of [true, false]) {
        const call = { ...args, aToB };
        expect(readSwap(build(state, call))).toEqual({ ...call, pool: state.address });
      }
    }
    expect(swap(state, { ...args, aToB: true }).data[0]).toBe(9);
    expect(swapV2(state, { ...args, aToB: true }).data[0]).toBe(16);
    expect(swapV2(state, { ...args, aToB: true }).accounts.slice(0, 8)).toHaveLength(8);
  });

  test('is not read where nothing tells its direction', () => {
    const { state } = poolOf(PLAIN);
    const built = swap(state, { ...args, aToB: true });
    const unmarked = built.accounts.map((entry, i) => (i === 4 ? { ...entry, address: key(77) } : entry));
    expect(readSwap({ ...built, accounts: unmarked })).toBeUndefined();
    const v2 = swapV2(state, { ...args, aToB: true });
    expect(readSwap({ ...v2, accounts: v2.accounts.slice(0, 8) })).toBeUndefined();
  });
});

test('a pool of a Token-2022 mint cannot be synthesized', () => {
  const spec = {
    seed: 'x',
    mintA: key(1),
    mintB: key(2),
    decimalsA: 6,
    decimalsB: 6,
    price: 1,
    depthA: 1_000,
    feeBps: 25,
    variant: 0,
  };
  expect(() => localHalf(raydiumAmmV4).synthesize({ ...spec, tokenProgramB: TOKEN_2022_PROGRAM })).toThrow(
    'SPL Token only',
  );
  expect(addressBytes(localHalf(raydiumAmmV4).synthesize(spec).address)).toHaveLength(32);
});
