import type { AccountBytes, AccountSource } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import { localHalf } from '../../venues/local-registry.ts';
import { venueById } from '../../venues/registry.ts';
import type { PoolState, Venue } from '../../venues/venue.ts';
import type { Bank } from '../chain/bank.ts';
import { loadLocally } from '../chain/local-rules.ts';
import { swapWrites } from '../chain/swap-writes.ts';
import { vaultPaid } from '../chain/vault-writes.ts';
import { amountForMove, type PoolPrice, poolPrice } from '../markets/price-target.ts';
import type { MarketPool } from '../markets/sim-market.ts';
import { traderSwap, traderTransaction } from './trader-transaction.ts';

/** A pool as the traders see it: decoded once and carried on through every swap. */
export interface DeskPool {
  readonly venue: Venue;
  readonly address: Address;
  /** Undefined while the pool's bytes no longer load. */
  state: PoolState | undefined;
  /** The bytes of each account that every swap writes, as `state` knows them. */
  readonly seen: Map<Address, AccountBytes | null>;
  /** Base units in that move the price by a factor of e squared along today's liquidity: its depth, each way. */
  depthA: number;
  depthB: number;
  /** True when the price goes in steps (orders, bins), so that one swap says nothing about depth. */
  isStepped: boolean;
}

/** Everything the traders do to the chain: they swap pools of the bank by the venues' own rules, bytes to bytes. */
export interface PoolDesk {
  readonly pools: readonly DeskPool[];
  poolAt(address: Address): DeskPool | undefined;
  /** Decodes again the pools that somebody else has swapped since. */
  refresh(): void;
  price(pool: DeskPool): PoolPrice | undefined;
  /** Swaps for a trader with a bottomless pocket; false, with nothing written, where the venue refuses. */
  swap(pool: DeskPool, aToB: boolean, amountIn: bigint): boolean;
  /** Swaps so that the mid price falls (`aToB`) or rises by `move` in log price; false when it cannot. */
  push(pool: DeskPool, aToB: boolean, move: number): boolean;
  /**
   * Has the makers of a venue with an order book place their opening orders anew, as far from the opening as
   * `drift` in log price; false, with nothing written, where there is no book.
   */
  requote(pool: DeskPool, drift: number): boolean;
  /**
   * Base units that left all pools for the traders and makers, transfer fees on the way included, less what they paid
   * in: negative when they paid more.
   */
  pocket(mint: Address): bigint;
}

/** The smallest move that says something about depth: below it the rounding of amounts does. */
const TELLING_MOVE = 1e-5;
const PROBE_MOVE = 2e-4;
/** Over several steps of the price, and within what a book or range holds. */
const STEPPED_PROBE_MOVE = 60e-4;

/** Opens every pool of the market. Throws `market-pool-unusable` for one that does not load. */
export function createPoolDesk(deps: {
  readonly bank: Bank;
  readonly pools: readonly MarketPool[];
}): PoolDesk {
  const { bank } = deps;
  const source: AccountSource = (address) => bank.get(address);
  const pocket = new Map<Address, bigint>();
  const openings = new Map<DeskPool, PoolState>();
  let sequence = 0;

  const pools = deps.pools.map(({ venue: id, address }): DeskPool => {
    const venue = venueById(id);
    if (venue === undefined) {
      throw new ArbError('market-pool-unusable', `pool ${address} is of a venue not built: ${id}`, {
        address,
      });
    }
    const pool: DeskPool = {
      venue,
      address,
      state: undefined,
      seen: new Map(),
      depthA: 0,
      depthB: 0,
      isStepped: false,
    };
    const refused = reload(pool);
    if (refused !== '') {
      throw new ArbError('market-pool-unusable', `pool ${address} of ${id} does not load: ${refused}`, {
        address,
      });
    }
    // A copy of its own: `apply` changes the state it is given.
    const loaded = venue.book === undefined ? undefined : loadLocally(venue, address, source);
    if (loaded?.ok) openings.set(pool, loaded.state);
    return pool;
  });
  for (const pool of pools) {
    pool.depthA = probeDepth(pool, true);
    pool.depthB = probeDepth(pool, false);
  }
  const byAddress = new Map(pools.map((pool) => [pool.address, pool]));

  function reload(pool: DeskPool): string {
    pool.state = undefined;
    const loaded = loadLocally(pool.venue, pool.address, source);
    remember(pool);
    if (!loaded.ok) return loaded.reason;
    pool.state = loaded.state;
    remember(pool);
    return '';
  }

  function remember(pool: DeskPool): void {
    pool.seen.clear();
    pool.seen.set(pool.address, bank.get(pool.address));
    for (const { address, everySwap } of pool.state?.accounts ?? []) {
      if (everySwap) pool.seen.set(address, bank.get(address));
    }
  }

  function isStale(pool: DeskPool): boolean {
    for (const [address, bytes] of pool.seen) if (bank.get(address) !== bytes) return true;
    return false;
  }

  /** Where a venue's pools share accounts a swap on one of them has moved others too. */
  function moveOthers(moved: DeskPool): void {
    const { venue } = moved;
    if (venue.carry === undefined) return;
    for (const pool of pools) if (pool !== moved && pool.venue === venue) follow(pool);
  }

  /** Takes the accounts that are others now than the pool knows: far less than reading the pool anew. */
  function follow(pool: DeskPool): void {
    for (const [address, bytes] of pool.seen) {
      const now = bank.get(address);
      if (now === bytes) continue;
      if (pool.state === undefined || !pool.venue.apply(pool.state, address, now).ok) {
        reload(pool);
        return;
      }
      pool.seen.set(address, now);
    }
  }

  function price(pool: DeskPool): PoolPrice | undefined {
    return pool.state === undefined ? undefined : poolPrice(pool.venue, pool.state, bank.clock());
  }

  function probeDepth(pool: DeskPool, aToB: boolean): number {
    if (pool.state === undefined) return 0;
    const vault = bank.get(aToB ? pool.state.vaultA : pool.state.vaultB);
    const held =
      vault === null ? 0n : new DataView(vault.data.buffer, vault.data.byteOffset).getBigUint64(64, true);
    const { venue, state } = pool;
    const clock = bank.clock();
    const probe = (move: number): number => {
      const amount = amountForMove({ venue, state, clock, aToB, move, firstGuess: held / 5_000n + 1n });
      const moved = amount === 0n ? 0 : movedBy(amount);
      // A side that cannot be traded, or that no amount moves, has no depth to trade against.
      return moved === 0 ? 0 : Number(amount) / Math.expm1(moved / 2);
    };
    const movedBy = (amount: bigint): number => {
      const settled = venue.settle(state, aToB, amount, clock);
      const before = poolPrice(venue, state, clock);
      const after = settled.ok ? poolPrice(venue, settled.state, clock) : undefined;
      return before === undefined || after === undefined ? 0 : Math.abs(after.mid - before.mid);
    };
    const depth = probe(PROBE_MOVE);
    // Along a curve half the amount moves the price half as far.
    const half = depth === 0 ? 0 : movedBy(BigInt(Math.round((depth * Math.expm1(PROBE_MOVE / 2)) / 2)));
    const isCurve = venue.book === undefined;
    if (isCurve && half > 0.3 * PROBE_MOVE && half < 0.7 * PROBE_MOVE) return depth;
    pool.isStepped = true;
    return probe(STEPPED_PROBE_MOVE);
  }

  function swap(pool: DeskPool, aToB: boolean, amountIn: bigint): boolean {
    const before = pool.state;
    if (before === undefined || amountIn <= 0n) return false;
    const clock = bank.clock();
    const priceBefore = price(pool);
    const tell = bank.isWatched ? logged(pool, before, aToB, amountIn) : undefined;
    const swapped = swapWrites({ venue: pool.venue, state: before, aToB, amountIn, clock, source });
    if (swapped === undefined) return false;
    for (const write of swapped.writes) bank.set(write);
    tell?.();
    const [mintIn, mintOut] = aToB ? [before.mintA, before.mintB] : [before.mintB, before.mintA];
    pocket.set(mintIn, (pocket.get(mintIn) ?? 0n) - swapped.paidIn);
    pocket.set(mintOut, (pocket.get(mintOut) ?? 0n) + swapped.sentOut);
    pool.state = swapped.state;
    if (swapped.state === undefined) reload(pool);
    else remember(pool);
    moveOthers(pool);
    learnDepth(pool, aToB, swapped.paidIn, priceBefore);
    return true;
  }

  /** Makes the log of a swap on a book, before the swap is written into what the state still holds; call it after. */
  function logged(pool: DeskPool, state: PoolState, aToB: boolean, amountIn: bigint) {
    const { venue, address } = pool;
    const { book } = localHalf(venue);
    if (book === undefined) return undefined;
    const swap = traderSwap(address, aToB, amountIn);
    const inner = book.fillLog(state, swap, bank.clock());
    const quoted = venue.quote(state, aToB, amountIn, bank.clock());
    const computeUnits = quoted.ok ? quoted.computeUnits : 0;
    return (): void => {
      sequence += 1;
      bank.record(traderTransaction({ bank, venue, state, swap, inner, computeUnits, sequence }));
    };
  }

  function learnDepth(pool: DeskPool, aToB: boolean, paidIn: bigint, before: PoolPrice | undefined): void {
    if (pool.isStepped) return;
    const after = price(pool);
    if (before === undefined || after === undefined) return;
    const moved = aToB ? before.mid - after.mid : after.mid - before.mid;
    if (moved < TELLING_MOVE) return;
    const depth = Number(paidIn) / Math.expm1(moved / 2);
    if (aToB) pool.depthA = depth;
    else pool.depthB = depth;
  }

  return {
    pools,
    poolAt: (address) => byAddress.get(address),
    refresh() {
      for (const pool of pools) if (isStale(pool)) reload(pool);
    },
    price,
    swap,
    push(pool, aToB, move) {
      if (pool.state === undefined) return false;
      const depth = aToB ? pool.depthA : pool.depthB;
      const amount = amountForMove({
        venue: pool.venue,
        state: pool.state,
        clock: bank.clock(),
        aToB,
        move,
        firstGuess: BigInt(Math.ceil(depth * Math.expm1(move / 2))),
      });
      return swap(pool, aToB, amount);
    },
    requote(pool, drift) {
      const opening = openings.get(pool);
      const moved = opening && localHalf(pool.venue).book?.requote(opening, Math.exp(drift), source);
      if (opening === undefined || moved === undefined) return false;
      const vaults = [
        { vault: opening.vaultA, mint: opening.mintA, paidIn: moved.paidInA },
        { vault: opening.vaultB, mint: opening.mintB, paidIn: moved.paidInB },
      ];
      const writes = [...moved.writes];
      for (const { vault, paidIn } of vaults) {
        const write = vaultPaid(vault, paidIn, source);
        if (write === undefined) return false;
        writes.push(write);
      }
      for (const write of writes) bank.set(write);
      for (const { mint, paidIn } of vaults) pocket.set(mint, (pocket.get(mint) ?? 0n) - paidIn);
      reload(pool);
      return true;
    },
    pocket: (mint) => pocket.get(mint) ?? 0n,
  };
}
