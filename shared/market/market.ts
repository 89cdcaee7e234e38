import type { AccountBytes } from '../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../core/address.ts';
import { ASSUMED_CHAIN, type ChainParameters } from '../core/chain-parameters.ts';
import type { ChainClock } from '../core/clock.ts';
import type { Venue } from '../venues/venue.ts';
import { clockOnChain, decodeChainClock } from './chain-clock.ts';
import { createDuePools } from './due-pools.ts';
import { createFallbackPrices, type FallbackPrices } from './fallback-prices.ts';
import {
  createHeldAccounts,
  type HeldAccount,
  type Taken,
  takeUpdate,
  UNKNOWN_SLOT,
} from './held-accounts.ts';
import { createPoolEntry, type PoolEntry } from './pool-entry.ts';
import { createReferencePrices, type ReferencePrices } from './reference-prices.ts';
import type { AccountUpdate } from './update.ts';

/** What an update did: why it was dropped ('' when taken), and the pools to look at again. Reused by the next call. */
export interface Applied {
  taken: Taken | '';
  /** Pools that were decoded from scratch: slow, and not what an update of a live pool costs. */
  loads: number;
  readonly changed: PoolEntry[];
  /**
   * The array of account bytes that the update replaced, where no pool's state reads it any more: whoever made it may
   * write the memory anew. Undefined where there is none, or where a pool was not brought up to date.
   */
  released: Uint8Array | undefined;
}

/** What may be traded: pools that are not named are let go, mints that are off keep every pool of theirs from trading. */
export interface Universe {
  readonly pools: readonly { readonly venue: Venue; readonly address: Address }[];
  readonly offMints: ReadonlySet<Address>;
}

/** Every pool's current state, kept from account updates in slot order. */
export interface Market {
  /** In the order they were first added, removed ones too: an index is a pool's for good. */
  readonly pools: readonly PoolEntry[];
  /** The chain's clock as last told; undefined before the first. */
  readonly clock: ChainClock | undefined;
  /** What the chain is, as last told; assumed before. */
  readonly chain: ChainParameters;
  /** Newest slot begun; 0 until the feed (again) tells one. */
  readonly slot: number;
  /** False from a feed loss until the feed has re-snapshotted. */
  readonly live: boolean;
  /** What a lamport is worth, by the pools. */
  readonly referencePrices: ReferencePrices;
  /** Prices from outside, for mints that no quotable pool prices. */
  readonly fallbackPrices: FallbackPrices;
  /**
   * What the chain is from now on. Where a transaction has other limits than before, every quotable pool counts as
   * changed: what was quoted under the old ones may be refused now, and the other way round.
   */
  setChain(parameters: ChainParameters): Applied;
  addPool(venue: Venue, address: Address): PoolEntry;
  poolAt(address: Address): PoolEntry | undefined;
  /** One of the pools that read the account, or undefined. */
  firstUser(address: Address): PoolEntry | undefined;
  apply(update: AccountUpdate): Applied;
  /** Loads the pools that still wait, with what is there: for sources that will never have the rest. */
  loadWhatIsThere(): void;
  /**
   * A slot began, and every account change up to `parent` (default: the slot before) has been told: pools of which
   * nothing newer is held stand as the chain left them, and become quotable. At the first slot of a feed that is live
   * already every quotable pool counts as changed.
   */
  beginSlot(slot: number, parent?: number): Applied;
  /** The feed was lost or is whole again. On `true` every quotable pool counts as changed. */
  setLive(live: boolean): Applied;
  /** These accounts are unconfirmed: pools that read one are not quotable until each of them was told again. */
  lose(addresses: readonly Address[]): Applied;
  /**
   * The rule set that a venue's deployed program is known to follow, or that it is not known: every pool of the venue is
   * read again by it.
   */
  setRules(venue: string, rules: string | undefined): Applied;
  /** Keeps every pool of a venue from being quoted, with the reason; '' lets them be quoted again. */
  quarantine(venue: string, reason: string): Applied;
  /** Adds, removes and switches pools until they are those of `universe`. */
  setUniverse(universe: Universe): Applied;
  /** Accounts to subscribe to and to leave since the last call. */
  takeSubscriptions(): { readonly watch: readonly Address[]; readonly unwatch: readonly Address[] };
}

/** Slots for which an estimate from outside the chain counts where nothing else is said: 20 seconds. */
export const DEFAULT_ESTIMATE_AGE_SLOTS = 50;

const NO_SUBSCRIPTIONS = { watch: [], unwatch: [] };

export interface MarketOptions {
  readonly maxEstimateAgeSlots?: number | undefined;
  /** By venue: the rule sets that deployed programs are known to follow from the start. */
  readonly rules?: ReadonlyMap<string, string> | undefined;
}

/**
 * An empty market. It takes every account that it asks for by `takeSubscriptions`, the clock sysvar among them.
 *
 * @example
 * ```ts
 * import { createMarket, isQuotable, readMarketSnapshot } from 'solana-dex-arbitrage/market';
 * import { venueById } from 'solana-dex-arbitrage/quote';
 *
 * const { pools, accounts, clock } = readMarketSnapshot('market.json');
 * const bytes = new Map(accounts.map(({ address, account }) => [address, account]));
 * const market = createMarket();
 * const pool = market.addPool(venueById(pools[0]!.venue)!, pools[0]!.address);
 * for (let { watch } = market.takeSubscriptions(); watch.length > 0; { watch } = market.takeSubscriptions()) {
 *   for (const address of watch) {
 *     market.apply({ address, slot: clock.slot, account: bytes.get(address) ?? null });
 *   }
 * }
 * market.setLive(true);
 * market.beginSlot(clock.slot + 1);
 * isQuotable(pool); // → true
 * ```
 */
export function createMarket(options: MarketOptions = {}): Market {
  const pools: PoolEntry[] = [];
  const byAddress = new Map<Address, PoolEntry>();
  /** By a pool's index: what is held of each of `subscribed`, in its order. */
  const heldOf: (readonly HeldAccount[])[] = [];
  const held = createHeldAccounts();
  const rules = new Map<string, string>(options.rules);
  const maxEstimateAgeSlots = options.maxEstimateAgeSlots ?? DEFAULT_ESTIMATE_AGE_SLOTS;
  const fallbackPrices = createFallbackPrices(maxEstimateAgeSlots);
  const applied: Applied = { taken: '', loads: 0, changed: [], released: undefined };
  const torn = new Set<PoolEntry>();
  const duePools = createDuePools();
  const due: PoolEntry[] = [];
  let watch: Address[] = [];
  let unwatch: Address[] = [];
  let clock: ChainClock | undefined;
  let chain = ASSUMED_CHAIN;
  let slot = 0;
  /** Every account change up to this slot has been told. */
  let told = UNKNOWN_SLOT;
  let live = false;
  let offMints: ReadonlySet<Address> = new Set();

  const priced = {
    pools,
    get clock() {
      return clock;
    },
    get slot() {
      return slot;
    },
  };
  const referencePrices = createReferencePrices(priced, maxEstimateAgeSlots);

  held.hold(CLOCK_SYSVAR);
  watch.push(CLOCK_SYSVAR);

  const depend = (entry: PoolEntry, address: Address): HeldAccount => {
    const isNew = held.of(address) === undefined;
    const account = held.hold(address);
    if (!account.users.includes(entry)) account.users.push(entry);
    if (isNew) watch.push(address);
    return account;
  };

  const undepend = (entry: PoolEntry, account: HeldAccount | undefined): void => {
    const at = account?.users.indexOf(entry) ?? -1;
    if (account === undefined || at < 0) return;
    account.users.splice(at, 1);
    if (account.users.length > 0 || account.address === CLOCK_SYSVAR) return;
    held.release(account.address);
    unwatch.push(account.address);
  };

  const resubscribe = (entry: PoolEntry): void => {
    const state = entry.state;
    if (state === undefined || state.accounts === entry.subscribed) return;
    const wanted = new Set(state.accounts.map((account) => account.address));
    wanted.add(entry.address);
    for (const address of wanted) depend(entry, address);
    for (const { address } of entry.subscribed) if (!wanted.has(address)) undepend(entry, held.of(address));
    entry.subscribed = state.accounts;
    heldOf[entry.index] = state.accounts.map(({ address }) => held.hold(address));
  };

  const exclude = (entry: PoolEntry, reason: string): void => {
    entry.status = 'excluded';
    entry.reason = reason;
    entry.coherent = false;
  };

  const load = (entry: PoolEntry): void => {
    applied.loads += 1;
    const loaded = entry.venue.load(entry.address, held.source, rules.get(entry.venue.id));
    if (loaded.ok) {
      entry.state = loaded.state;
      entry.switchedOff = offReason(entry);
      entry.status = 'live';
      entry.reason = '';
      entry.missing = new Set();
      resubscribe(entry);
    } else if (loaded.reason === 'missing-account') {
      const { missing } = loaded as Extract<typeof loaded, { reason: 'missing-account' }>;
      entry.status = 'loading';
      entry.missing = new Set(missing);
      for (const address of missing) depend(entry, address);
    } else {
      const { reason, detail } = loaded as { reason: string; detail?: string };
      exclude(entry, detail === undefined ? reason : `${reason}: ${detail}`);
    }
  };

  /** Brings one pool up to date with new bytes; true when its quotes may have changed. */
  const renew = (entry: PoolEntry, update: AccountUpdate): boolean => {
    if (entry.status === 'live' && entry.state !== undefined) {
      const outcome = entry.venue.apply(entry.state, update.address, update.account);
      if (outcome.ok) {
        resubscribe(entry);
        return outcome.value;
      }
      exclude(entry, outcome.detail === undefined ? outcome.reason : `${outcome.reason}: ${outcome.detail}`);
      return true;
    }
    if (entry.status === 'loading' && stillMissing(entry)) return false;
    load(entry);
    return entry.status !== 'loading';
  };

  const stillMissing = (entry: PoolEntry): boolean => {
    for (const address of entry.missing) if (held.source(address) === undefined) return true;
    return false;
  };

  /**
   * Whether the accounts that every swap writes stand at one state: the same slot and, for feeds that tell every
   * write, as many writes in it. Those of a vault that other pools use too, or that somebody pays into, never will:
   * once their newest slot is over all of it has been told, and what was not told did not change.
   */
  const isWhole = (entry: PoolEntry): boolean => {
    let newest = UNKNOWN_SLOT;
    let swapSlot = UNKNOWN_SLOT;
    let swapRevision = 0;
    let even = true;
    const { subscribed } = entry;
    const accounts = heldOf[entry.index]!;
    for (let i = 0; i < subscribed.length; i++) {
      const account = accounts[i]!;
      // Wanted but not told yet (a tick array just subscribed): the quote's to refuse.
      if (account.account === undefined) continue;
      const at = account.slot;
      if (at === UNKNOWN_SLOT) return false;
      if (at > newest) newest = at;
      if (!subscribed[i]!.everySwap) continue;
      const { revision } = account;
      if (swapSlot !== UNKNOWN_SLOT && (at !== swapSlot || revision !== swapRevision)) even = false;
      if (at > swapSlot) swapSlot = at;
      swapRevision = revision;
    }
    entry.slot = newest;
    return even || (swapSlot <= told && entry.lateAt < slot);
  };

  /** To be looked at again: it may quote otherwise than before. */
  const changed = (entry: PoolEntry): void => {
    applied.changed.push(entry);
    referencePrices.see(entry);
    duePools.changed(entry);
  };

  /** The chain's clock was told: pools whose prices move with it alone have changed. */
  const takeClock = (account: AccountBytes | null): void => {
    const read = decodeChainClock(account);
    if (read === undefined) return;
    const now = clockOnChain(read, chain.transactionUnits);
    const before = clock ?? now;
    clock = now;
    due.length = 0;
    duePools.advance(before, now, due);
    for (const entry of due) changed(entry);
  };

  const judge = (entry: PoolEntry): void => {
    if (entry.status !== 'live') {
      entry.coherent = false;
      torn.delete(entry);
      return;
    }
    entry.coherent = isWhole(entry);
    if (entry.coherent) torn.delete(entry);
    else torn.add(entry);
  };

  /** Why the pool's mints keep it from trading, or ''. Unknown until it has loaded. */
  const offReason = ({ state }: PoolEntry): string => {
    if (state === undefined) return '';
    const off = [state.mintA, state.mintB].find((mint) => offMints.has(mint));
    return off === undefined ? '' : `mint ${off} is switched off`;
  };

  const addPool = (venue: Venue, address: Address): PoolEntry => {
    const known = byAddress.get(address);
    if (known !== undefined && known.status !== 'removed') return known;
    const entry = known ?? createPoolEntry(pools.length, venue, address);
    heldOf[entry.index] = [];
    if (known === undefined) {
      pools.push(entry);
      byAddress.set(address, entry);
    } else {
      entry.status = 'loading';
      entry.missing = new Set([address]);
    }
    depend(entry, address);
    return entry;
  };

  const removePool = (entry: PoolEntry): void => {
    for (const account of held.all()) undepend(entry, account);
    referencePrices.forget(entry);
    Object.assign(entry, {
      status: 'removed',
      reason: '',
      state: undefined,
      subscribed: [],
      coherent: false,
    });
    entry.missing = new Set();
    heldOf[entry.index] = [];
    torn.delete(entry);
  };

  return {
    pools,
    referencePrices,
    fallbackPrices,
    get clock() {
      return clock;
    },
    get chain() {
      return chain;
    },
    setChain(parameters) {
      applied.changed.length = 0;
      applied.taken = '';
      const isSame =
        parameters.transactionUnits === chain.transactionUnits &&
        parameters.transactionAccounts === chain.transactionAccounts;
      chain = parameters;
      if (isSame || clock === undefined) return applied;
      clock = clockOnChain(clock, chain.transactionUnits);
      for (const entry of pools) if (entry.coherent) changed(entry);
      return applied;
    },
    get slot() {
      return slot;
    },
    get live() {
      return live;
    },
    poolAt: (address) => byAddress.get(address),
    firstUser: (address) => held.of(address)?.users[0],
    addPool,
    apply(update) {
      applied.changed.length = 0;
      applied.loads = 0;
      applied.released = undefined;
      const account = held.of(update.address);
      const before = account?.account?.data;
      const taken = account === undefined ? 'unknown-account' : takeUpdate(account, update);
      applied.taken = taken;
      if (account === undefined || (taken !== 'changed' && taken !== 'confirmed')) return applied;
      if (update.address === CLOCK_SYSVAR) takeClock(update.account);
      const affected = account.users;
      // The slot was said to be over: what else it changed may be late too, and is waited for until the next slot.
      const isLate = taken === 'changed' && update.slot <= told;
      let allLive = true;
      // `renew` may change the list itself when a pool's account set moves.
      for (let i = affected.length - 1; i >= 0; i--) {
        const entry = affected[i];
        if (entry === undefined) continue;
        const wasCoherent = entry.coherent;
        const renewed = taken === 'changed' ? renew(entry, update) : false;
        if (isLate) entry.lateAt = slot;
        judge(entry);
        allLive &&= entry.status === 'live';
        if (entry.coherent && (renewed || !wasCoherent)) changed(entry);
      }
      // A state that refused the new bytes may still stand on those of before.
      if (taken === 'changed' && allLive) applied.released = before;
      return applied;
    },
    loadWhatIsThere() {
      for (const entry of pools) {
        if (entry.status !== 'loading') continue;
        load(entry);
        judge(entry);
      }
    },
    beginSlot(begun, parent = begun - 1) {
      applied.changed.length = 0;
      applied.taken = begun > slot ? '' : 'late-slot';
      if (begun <= slot) return applied;
      // The first slot since the feed is live: only now may anything be acted on.
      const isFirst = slot === 0 && live;
      slot = begun;
      told = parent;
      for (const entry of isFirst ? pools : torn) {
        judge(entry);
        if (entry.coherent) changed(entry);
      }
      referencePrices.beginSlot();
      return applied;
    },
    setLive(next) {
      applied.changed.length = 0;
      applied.taken = '';
      live = next;
      if (!next) {
        held.forgetSlots();
        slot = 0;
        told = UNKNOWN_SLOT;
      }
      for (const entry of pools) {
        if (!next) entry.lateAt = UNKNOWN_SLOT;
        judge(entry);
        if (next && entry.coherent) changed(entry);
      }
      return applied;
    },
    lose(addresses) {
      applied.changed.length = 0;
      applied.taken = '';
      for (const address of addresses) {
        const account = held.of(address);
        if (account === undefined) continue;
        account.slot = UNKNOWN_SLOT;
        for (const entry of account.users) judge(entry);
      }
      return applied;
    },
    setRules(venue, next) {
      applied.changed.length = 0;
      applied.taken = '';
      if (rules.get(venue) === next) return applied;
      if (next === undefined) rules.delete(venue);
      else rules.set(venue, next);
      for (const entry of pools) {
        if (entry.venue.id !== venue || (entry.status !== 'live' && entry.status !== 'excluded')) continue;
        load(entry);
        judge(entry);
        if (entry.coherent) applied.changed.push(entry);
      }
      return applied;
    },
    quarantine(venue, reason) {
      applied.changed.length = 0;
      applied.taken = '';
      for (const entry of pools) {
        if (entry.venue.id !== venue) continue;
        entry.quarantine = reason;
        if (entry.coherent) changed(entry);
      }
      return applied;
    },
    setUniverse(universe) {
      applied.changed.length = 0;
      applied.taken = '';
      const wanted = new Set(universe.pools.map(({ address }) => address));
      offMints = universe.offMints;
      for (const entry of pools) {
        if (entry.status === 'removed') continue;
        if (!wanted.has(entry.address)) {
          removePool(entry);
          changed(entry);
          continue;
        }
        const before = entry.switchedOff;
        entry.switchedOff = offReason(entry);
        if (entry.switchedOff !== before) changed(entry);
      }
      for (const { venue, address } of universe.pools) addPool(venue, address);
      return applied;
    },
    takeSubscriptions() {
      if (watch.length === 0 && unwatch.length === 0) return NO_SUBSCRIPTIONS;
      const taken = { watch, unwatch };
      watch = [];
      unwatch = [];
      return taken;
    },
  };
}
