import type { AccountBytes, AccountSource } from '../../core/account.ts';
import { type Address, addressBytes, TOKEN_PROGRAM } from '../../core/address.ts';
import { type Outcome, type Refusal, refusal, success } from '../../core/outcome.ts';
import { loadVaults, takeVault } from '../token/vault.ts';
import type { Loaded, LoadRefusal, PoolAccount } from '../venue.ts';
import { type AmmKeys, decodeFigures, decodeKeys, sameKeys } from './layout.ts';
import {
  decodeMarket,
  decodeOpenOrders,
  decodeUnbookedFills,
  isSameMarket,
  openOrdersIdentity,
} from './order-book.ts';
import { AMM_V4_AUTHORITY, AMM_V4_PROGRAM, type AmmRules, RULE_SETS, STATUS_INITIALIZED } from './program.ts';
import { type AmmV4State, type AttachedBook, createState, refresh, UNUSABLE } from './state.ts';

const NOT_OURS = refusal('not-this-venue' as const);

/**
 * Only the status that lets the program place orders makes it count what the pool holds in the order book, and the newest
 * source does not even then.
 */
export function isAttached(status: number, rules: AmmRules | undefined): boolean {
  return status === STATUS_INITIALIZED && rules?.countsBook !== false;
}

/** Decodes a pool with its vaults and, when it is attached to one, its order book. Never throws. */
export function load(pool: Address, source: AccountSource, ruleSet?: string): Loaded<AmmV4State> {
  const rules = ruleSet === undefined ? undefined : RULE_SETS[ruleSet];
  const account = source(pool);
  if (account === undefined) return missing([pool]);
  if (account === null || account.owner !== AMM_V4_PROGRAM) return NOT_OURS;
  const keys = decodeKeys(account.data);
  if (!keys.ok) return keys;
  const figures = decodeFigures(account.data);
  if (!figures.ok) return figures;
  const k = keys.value;
  if (new Set([pool, k.coinVault, k.pcVault, k.coinMint, k.pcMint]).size !== 5) {
    return refusal('inconsistent-accounts', 'one address in two roles');
  }
  const attached = isAttached(figures.value.status, rules);
  const needed = [k.coinVault, k.pcVault, ...(attached ? [k.market, k.openOrders] : [])];
  const absent = needed.filter((address) => source(address) === undefined);
  const book = attached && source(k.market) !== undefined ? loadBook(k, source) : undefined;
  if (book !== undefined && !book.ok && 'missing' in book) absent.push(...book.missing);
  if (absent.length > 0) return missing([...new Set(absent)]);
  if (book !== undefined && !book.ok) return book;

  const tokens = {
    mintA: k.coinMint,
    mintB: k.pcMint,
    tokenProgramA: TOKEN_PROGRAM,
    tokenProgramB: TOKEN_PROGRAM,
    vaultA: k.coinVault,
    vaultB: k.pcVault,
  };
  const vaults = loadVaults(tokens, AMM_V4_AUTHORITY, AMM_V4_AUTHORITY, source);
  if (!vaults.ok) return vaults;
  const state = createState({
    ...tokens,
    ...vaults.value,
    address: pool,
    rules,
    decimalsA: k.coinDecimals,
    decimalsB: k.pcDecimals,
    accounts: accountsOf(pool, k, book?.value),
    poolData: account.data,
    figures: figures.value,
    book: book?.value,
    unusable: 0,
  });
  return { ok: true, state };
}

function missing(addresses: readonly Address[]): Extract<Loaded<never>, { reason: 'missing-account' }> {
  return { ok: false, reason: 'missing-account', missing: addresses };
}

/** SPL Token mints are not among them: nothing of theirs moves an amount. */
function accountsOf(pool: Address, keys: AmmKeys, book: AttachedBook | undefined): readonly PoolAccount[] {
  const accounts: PoolAccount[] = [
    { address: pool, role: 'pool', everySwap: true },
    { address: keys.coinVault, role: 'vault', everySwap: true },
    { address: keys.pcVault, role: 'vault', everySwap: true },
  ];
  if (book === undefined) return accounts;
  accounts.push({ address: book.market, role: 'book', everySwap: false });
  accounts.push({ address: book.openOrders, role: 'book', everySwap: false });
  accounts.push({ address: book.keys.eventQueue, role: 'book', everySwap: false });
  return accounts;
}

/** The market is known here; its event queue and the open orders may not be. */
function loadBook(
  k: AmmKeys,
  source: AccountSource,
):
  | { readonly ok: true; readonly value: AttachedBook }
  | Extract<Loaded<never>, { reason: 'missing-account' }>
  | Refusal<LoadRefusal> {
  const marketAccount = source(k.market) ?? null;
  const keys = decodeMarket(k.market, marketAccount, k.marketProgram, k.coinMint, k.pcMint);
  if (!keys.ok) return keys;
  const [orders, queue] = [source(k.openOrders), source(keys.value.eventQueue)];
  if (orders === undefined || queue === undefined) {
    return missing([
      ...(orders === undefined ? [k.openOrders] : []),
      ...(queue === undefined ? [keys.value.eventQueue] : []),
    ]);
  }
  const used = [k.coinVault, k.pcVault, k.market, k.openOrders, keys.value.eventQueue];
  if (new Set(used).size !== used.length) return refusal('inconsistent-accounts', 'one address in two roles');
  const openOrdersBytes = addressBytes(k.openOrders);
  const identity = openOrdersIdentity(k.market, AMM_V4_AUTHORITY);
  const booked = decodeOpenOrders(orders, k.marketProgram, identity);
  if (!booked.ok) return booked;
  const unbooked = decodeUnbookedFills(queue, k.marketProgram, openOrdersBytes);
  if (!unbooked.ok) return unbooked;
  return success({
    program: k.marketProgram,
    market: k.market,
    openOrders: k.openOrders,
    openOrdersBytes,
    identity,
    keys: keys.value,
    marketAccount: marketAccount as AccountBytes,
    booked: booked.value,
    unbooked: unbooked.value,
  });
}

/**
 * Takes new bytes of one of the pool's accounts. While any account's newest bytes were refused the pool quotes
 * `missing-account`, whatever the others say. A pool that joins, leaves or changes its order book is refused: it has
 * other accounts then, so it takes another `load`.
 */
export function apply(
  state: AmmV4State,
  account: Address,
  bytes: AccountBytes | null,
): Outcome<true, LoadRefusal> {
  const bit = bitOf(state, account);
  if (bit === 0) return refusal('inconsistent-accounts', `${account} is no account of pool ${state.address}`);
  const refused = take(state, bit, bytes);
  state.unusable = refused === undefined ? state.unusable & ~bit : state.unusable | bit;
  refresh(state);
  return refused ?? success(true);
}

function bitOf(state: AmmV4State, account: Address): number {
  if (account === state.address) return UNUSABLE.pool;
  if (account === state.vaultA) return UNUSABLE.vaultA;
  if (account === state.vaultB) return UNUSABLE.vaultB;
  const { book } = state;
  if (account === book?.openOrders) return UNUSABLE.openOrders;
  if (account === book?.keys.eventQueue) return UNUSABLE.eventQueue;
  return account === book?.market ? UNUSABLE.market : 0;
}

function take(state: AmmV4State, bit: number, bytes: AccountBytes | null): Refusal<LoadRefusal> | undefined {
  if (bit === UNUSABLE.pool) return takePool(state, bytes);
  if (bit === UNUSABLE.vaultA) return takeVault(state, true, AMM_V4_AUTHORITY, bytes);
  if (bit === UNUSABLE.vaultB) return takeVault(state, false, AMM_V4_AUTHORITY, bytes);
  return state.book === undefined ? undefined : takeBook(state, state.book, bit, bytes);
}

function takePool(state: AmmV4State, bytes: AccountBytes | null): Refusal<LoadRefusal> | undefined {
  if (bytes === null || bytes.owner !== AMM_V4_PROGRAM) return NOT_OURS;
  const figures = decodeFigures(bytes.data);
  if (!figures.ok) return figures;
  if (!sameKeys(state.poolData, bytes.data)) {
    return refusal('inconsistent-accounts', 'the pool names other accounts than before');
  }
  if (isAttached(figures.value.status, state.rules) !== (state.book !== undefined)) {
    return refusal('inconsistent-accounts', 'the pool joined or left its order book');
  }
  state.poolData = bytes.data;
  state.figures = figures.value;
  return undefined;
}

function takeBook(
  state: AmmV4State,
  book: AttachedBook,
  bit: number,
  bytes: AccountBytes | null,
): Refusal<LoadRefusal> | undefined {
  if (bit === UNUSABLE.market) {
    if (bytes === null || !isSameMarket(book.marketAccount, bytes)) {
      return refusal('inconsistent-accounts', 'the market names other accounts than before');
    }
    state.book = { ...book, marketAccount: bytes };
    return undefined;
  }
  if (bit === UNUSABLE.openOrders) {
    const booked = decodeOpenOrders(bytes, book.program, book.identity);
    if (!booked.ok) return booked;
    state.book = { ...book, booked: booked.value };
    return undefined;
  }
  const unbooked = decodeUnbookedFills(bytes, book.program, book.openOrdersBytes);
  if (!unbooked.ok) return unbooked;
  state.book = { ...book, unbooked: unbooked.value };
  return undefined;
}
