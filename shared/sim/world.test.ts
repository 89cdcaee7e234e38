import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type Address,
  addressAt,
  associatedTokenAddress,
  TOKEN_2022_PROGRAM,
  USDC_MINT,
  WSOL_MINT,
} from '../core/address.ts';
import { decodeTokenAccount } from '../venues/token/token.ts';
import { loadLocally } from './chain/local-rules.ts';
import { TAX_MINT } from './markets/builtin-specs.ts';
import { createPoolDesk, type DeskPool } from './traders/pool-desk.ts';
import { createWorld, type World } from './world.ts';

const OWNER = addressAt(createHash('sha256').update('a wallet').digest());

/** A hash of every account that any of the slots changed, as bytes and lamports. */
function runHash(seed: string, slots: number): string {
  const world = createWorld({ market: 'built-in', seed });
  const hash = createHash('sha256');
  for (let i = 0; i < slots; i++) {
    const { slot, changed } = world.step();
    hash.update(String(slot));
    for (const { address, account } of changed) {
      hash.update(address).update(String(account.lamports)).update(account.data);
    }
  }
  return hash.digest('hex');
}

/** Base units in a token account; fees that it withholds are counted in. */
function heldIn(world: World, address: Address): bigint {
  const account = world.bank.get(address);
  const token = account === null ? undefined : decodeTokenAccount(account);
  if (account === null || !token?.ok) throw new Error(`no token account ${address}`);
  const withheld =
    account.owner === TOKEN_2022_PROGRAM
      ? new DataView(account.data.buffer, account.data.byteOffset).getBigUint64(170, true)
      : 0n;
  return token.value.amount + withheld;
}

/** Every token account that the market opened with: the pools' vaults, and what takes fees beside them. */
function tokenAccounts(world: World): { readonly address: Address; readonly mint: Address }[] {
  const mints = new Set(world.market.mints.map(({ address }) => address));
  return world.market.accounts.flatMap(({ address, account }) => {
    const token = decodeTokenAccount(account);
    return token.ok && mints.has(token.value.mint) ? [{ address, mint: token.value.mint }] : [];
  });
}

function heldByMint(world: World, accounts: ReturnType<typeof tokenAccounts>): Map<Address, bigint> {
  const held = new Map<Address, bigint>();
  for (const { address, mint } of accounts) held.set(mint, (held.get(mint) ?? 0n) + heldIn(world, address));
  return held;
}

/** What a bystander sees: the share that buying in one pool and selling in another of the same pair pays, after fees. */
function widestGap(world: World, pools: readonly DeskPool[]): number {
  const clock = world.bank.clock();
  let widest = -1;
  for (const buy of pools) {
    for (const sell of pools) {
      if (buy === sell || buy.state === undefined || sell.state === undefined) continue;
      const out = buy.venue.marginalPrice(buy.state, false, clock);
      const back = sell.venue.marginalPrice(sell.state, true, clock);
      widest = Math.max(widest, out * back - 1);
    }
  }
  return widest;
}

describe('a world', () => {
  it('gives the same account bytes for the same seed, and others for another', () => {
    expect(runHash('7', 200)).toBe(runHash('7', 200));
    expect(runHash('8', 20)).not.toBe(runHash('7', 20));
  });

  it('keeps vaults, pools and what the traders remember in step, and makes no token out of nothing', () => {
    const world = createWorld({ market: 'built-in', seed: 'conservation' });
    const { desk } = world.traders;
    const accounts = tokenAccounts(world);
    const opening = heldByMint(world, accounts);
    for (let slot = 0; slot < 300; slot++) {
      world.step();
      const now = heldByMint(world, accounts);
      for (const [mint, amount] of opening) expect(now.get(mint)! + desk.pocket(mint)).toBe(amount);
      // Decoding every pool afresh in every slot would take a minute: one pool a slot, in turn.
      const pool = desk.pools[slot % desk.pools.length]!;
      const loaded = loadLocally(pool.venue, pool.address, (address) => world.bank.get(address));
      if (!loaded.ok || pool.state === undefined) throw new Error(`${pool.address} no longer loads`);
      const clock = world.bank.clock();
      for (const aToB of [true, false]) {
        const amount = BigInt(Math.round((aToB ? pool.depthA : pool.depthB) / 500));
        expect(pool.venue.quote(pool.state, aToB, amount, clock)).toEqual(
          pool.venue.quote(loaded.state, aToB, amount, clock),
        );
      }
    }
    expect(desk.pocket(TAX_MINT)).not.toBe(0n);
  });

  it('opens gaps between pools of one pair that close again some slots later', () => {
    const world = createWorld({ market: 'built-in', seed: 'gaps' });
    const pools = world.traders.desk.pools.filter(
      ({ state }) => state?.mintA === WSOL_MINT && state.mintB === USDC_MINT,
    );
    const lifetimes: number[] = [];
    let openFor = 0;
    expect(widestGap(world, pools)).toBeLessThan(0);
    for (let slot = 0; slot < 1_500; slot++) {
      world.step();
      if (widestGap(world, pools) > 0.0001) openFor++;
      else if (openFor > 0) {
        lifetimes.push(openFor);
        openFor = 0;
      }
    }
    lifetimes.sort((a, b) => a - b);
    expect(lifetimes.length).toBeGreaterThan(4);
    expect(lifetimes[lifetimes.length >> 1]).toBeLessThanOrEqual(6);
    expect(lifetimes.at(-1)).toBeLessThan(40);
  });

  it('stays near its reference prices for two thousand slots, with no vault drained', () => {
    const world = createWorld({ market: 'built-in', seed: 'stability' });
    const { desk, fair } = world.traders;
    const opening = new Map(desk.pools.map((pool) => [pool, heldIn(world, pool.state!.vaultA)]));
    let traded = 0;
    let farOut = 0;
    for (let slot = 0; slot < 2_000; slot++) {
      if (world.step().changed.length > 1) traded++;
      if (slot % 25 !== 0) continue;
      for (const pool of desk.pools) {
        const price = desk.price(pool);
        const center = fair.fair(pool);
        expect(price).toBeDefined();
        expect(Math.abs(price!.mid - center!)).toBeLessThan(0.03);
        if (Math.abs(price!.mid - center!) > price!.fee + 0.002) farOut++;
      }
    }
    expect(traded).toBeGreaterThan(1_200);
    expect(farOut / (80 * desk.pools.length)).toBeLessThan(0.05);
    for (const [pool, amount] of opening) {
      const share = Number(heldIn(world, pool.state!.vaultA)) / Number(amount);
      expect(share).toBeGreaterThan(0.3);
      expect(share).toBeLessThan(3);
    }
  }, 60_000);

  it('has makers that bring a book back around the fair price after takers have emptied its front', () => {
    const world = createWorld({ market: 'built-in', seed: 'makers' });
    const { desk, fair } = world.traders;
    const books = desk.pools.filter(({ venue }) => venue.book !== undefined);
    expect(books.length).toBeGreaterThan(5);
    const before = books.map((book) => desk.price(book)!);
    for (const book of books) expect(desk.push(book, false, 0.01)).toBe(true);
    for (const [i, book] of books.entries()) {
      expect(desk.price(book)!.mid - before[i]!.mid).toBeGreaterThan(0.004);
    }
    for (let slot = 0; slot < 6; slot++) world.step();
    for (const [i, book] of books.entries()) {
      const price = desk.price(book)!;
      expect(Math.abs(price.mid - fair.fair(book)!)).toBeLessThan(price.fee + 1e-4);
      expect(price.fee).toBeLessThan(before[i]!.fee + 10e-4);
    }
  });

  it('has rivals that now and then swap a dislocated pool before a transaction of ours', () => {
    const world = createWorld({ market: 'built-in', seed: 'race' });
    const { desk, fair } = world.traders;
    const pool = desk.pools.find(({ state }) => state?.mintA === WSOL_MINT && state.mintB === USDC_MINT)!;
    let strikes = 0;
    for (let run = 0; run < 60; run++) {
      const { mid, fee } = desk.price(pool)!;
      const away = mid - (fair.fair(pool)! - fee - 0.005);
      if (away > 0.0005) expect(desk.push(pool, true, away)).toBe(true);
      const ours = (): bigint => {
        const quote = pool.venue.quote(pool.state!, false, 100_000_000n, world.bank.clock());
        return quote.ok ? quote.amountOut : 0n;
      };
      const quoted = ours();
      if (!world.beforeUserTransaction([pool.address])) expect(ours()).toBe(quoted);
      else if (ours() < quoted) strikes++;
    }
    expect(strikes).toBeGreaterThan(10);
    expect(strikes).toBeLessThan(40);
  });

  it('does not mind a pool that no trader of it knows', () => {
    const world = createWorld({ market: 'built-in', seed: 'unknown' });
    expect(world.beforeUserTransaction([OWNER])).toBe(false);
    expect(world.beforeUserTransaction([])).toBe(false);
  });

  it('carries on from the bytes that somebody else has left in a pool', () => {
    const world = createWorld({ market: 'built-in', seed: 'stranger' });
    const stranger = createPoolDesk({ bank: world.bank, pools: world.market.pools });
    for (const pool of stranger.pools) expect(stranger.push(pool, true, 0.001)).toBe(true);
    const { desk } = world.traders;
    const stale = desk.pools.filter(
      (pool, i) => !isDeepStrictEqual(desk.price(pool), stranger.price(stranger.pools[i]!)),
    );
    expect(stale.length).toBe(desk.pools.length);
    desk.refresh();
    for (const [i, pool] of desk.pools.entries()) {
      expect(desk.price(pool)!.mid).toBeCloseTo(stranger.price(stranger.pools[i]!)!.mid, 9);
    }
  });

  it('funds a wallet with associated token accounts of both token programs', () => {
    const world = createWorld({ market: 'built-in', seed: 'wallet' });
    const accounts = world.fundWallet(OWNER, {
      lamports: 3_000_000_000n,
      tokens: [
        { mint: USDC_MINT, amount: 250_000_000n },
        { mint: TAX_MINT, amount: 77n },
      ],
    });
    expect(world.bank.get(OWNER)?.lamports).toBe(3_000_000_000n);
    const tax = associatedTokenAddress(OWNER, TAX_MINT, TOKEN_2022_PROGRAM);
    expect(accounts.get(TAX_MINT)).toBe(tax);
    const held = decodeTokenAccount(world.bank.get(accounts.get(USDC_MINT)!)!);
    expect(held).toMatchObject({ ok: true, value: { owner: OWNER, mint: USDC_MINT, amount: 250_000_000n } });
    expect(() =>
      world.fundWallet(OWNER, { lamports: 1n, tokens: [{ mint: OWNER, amount: 1n }] }),
    ).toThrowError(/no usable mint/);
  });
});
