import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt, addressBytes, createProgramAddress } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import type { LoadRefusal } from '../venue.ts';

/**
 * The order book that a pool may still be attached to. Layouts: openbook-dex (serum-dex) `dex/src/state.rs`; every
 * account starts with "serum", then its flags, and ends with "padding".
 */
export const HEAD = Uint8Array.of(115, 101, 114, 117, 109);
export const TAIL = Uint8Array.of(112, 97, 100, 100, 105, 110, 103);
export const FLAGS_OFFSET = 5;
export const MARKET_FLAGS = 3n;
export const OPEN_ORDERS_FLAGS = 5n;
export const EVENT_QUEUE_FLAGS = 17n;

export const MARKET_BYTES = 388;
export const OPEN_ORDERS_BYTES = 3_228;
export const EVENT_QUEUE_HEADER_BYTES = 37;
export const EVENT_BYTES = 88;

const FILL = 1;
const OUT = 2;
const BID = 4;
const MAKER = 8;
const RELEASE_FUNDS = 16;

/** What the fills that a market has not booked yet add to a pool's funds, and how many events of anybody's wait. */
export interface UnbookedFills extends BookFunds {
  readonly events: number;
}

/** What a pool holds in the order book beside its vaults, in base units. */
export interface BookFunds {
  readonly coin: bigint;
  readonly pc: bigint;
}

export const NO_FUNDS: BookFunds = { coin: 0n, pc: 0n };

/** The accounts of a market that a swap instruction names. None of them ever changes. */
export interface MarketKeys {
  readonly eventQueue: Address;
  readonly bids: Address;
  readonly asks: Address;
  readonly coinVault: Address;
  readonly pcVault: Address;
  readonly vaultSigner: Address;
}

function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

function checkHead(
  name: string,
  account: AccountBytes | null,
  program: Address,
  flags: bigint,
): ReturnType<typeof refusal<LoadRefusal>> | undefined {
  if (account === null || account.owner !== program) {
    return refusal('inconsistent-accounts', `the ${name} is not the order book program’s`);
  }
  const { data } = account;
  const end = data.length - TAIL.length;
  if (end < FLAGS_OFFSET + 8 || (end - HEAD.length) % 8 !== 0) {
    return refusal('wrong-length', `${name} of ${data.length} bytes`);
  }
  if (HEAD.some((byte, i) => data[i] !== byte) || TAIL.some((byte, i) => data[end + i] !== byte)) {
    return refusal('wrong-discriminator', name);
  }
  const found = viewOf(data).getBigUint64(FLAGS_OFFSET, true);
  return found === flags ? undefined : refusal('unsupported-version', `${name} with flags ${found}`);
}

/** The accounts that `market` names; its mints must be the pool's. Costs one program address. Never throws. */
export function decodeMarket(
  market: Address,
  account: AccountBytes | null,
  program: Address,
  coinMint: Address,
  pcMint: Address,
): Outcome<MarketKeys, LoadRefusal> {
  const wrong = checkHead('market', account, program, MARKET_FLAGS);
  if (wrong !== undefined) return wrong;
  const { data } = account as AccountBytes;
  if (data.length !== MARKET_BYTES) return refusal('wrong-length', `market of ${data.length} bytes`);
  if (addressAt(data, 13) !== market || addressAt(data, 53) !== coinMint || addressAt(data, 85) !== pcMint) {
    return refusal('inconsistent-accounts', 'the market is not that of the pool’s mints');
  }
  const vaultSigner = createProgramAddress([addressBytes(market), data.subarray(45, 53)], program);
  if (vaultSigner === undefined) return refusal('inconsistent-accounts', 'the market has no vault signer');
  return success({
    eventQueue: addressAt(data, 253),
    bids: addressAt(data, 285),
    asks: addressAt(data, 317),
    coinVault: addressAt(data, 117),
    pcVault: addressAt(data, 165),
    vaultSigner,
  });
}

/** True when `next` is the market of `previous`, which decoded, with only its running totals changed. */
export function isSameMarket(previous: AccountBytes, next: AccountBytes): boolean {
  if (next.owner !== previous.owner || next.data.length !== MARKET_BYTES) return false;
  for (let i = 0; i < 349; i++) {
    // From the coin vault's end and the pc vault's end on stand the totals that trades move.
    if ((i >= 149 && i < 165) || (i >= 197 && i < 221)) continue;
    if (next.data[i] !== previous.data[i]) return false;
  }
  return true;
}

/** The bytes that an open orders account of this market and owner starts with, after its flags. */
export function openOrdersIdentity(market: Address, owner: Address): Uint8Array {
  return Uint8Array.of(...addressBytes(market), ...addressBytes(owner));
}

/** The pool's own totals in the book: `native_coin_total` and `native_pc_total`. Never throws. */
export function decodeOpenOrders(
  account: AccountBytes | null,
  program: Address,
  identity: Uint8Array,
): Outcome<BookFunds, LoadRefusal> {
  const wrong = checkHead('open orders account', account, program, OPEN_ORDERS_FLAGS);
  if (wrong !== undefined) return wrong;
  const { data } = account as AccountBytes;
  if (data.length !== OPEN_ORDERS_BYTES)
    return refusal('wrong-length', `open orders of ${data.length} bytes`);
  if (!holds(data, 13, identity)) {
    return refusal('inconsistent-accounts', 'the open orders are another market’s or owner’s');
  }
  const view = viewOf(data);
  return success({ coin: view.getBigUint64(85, true), pc: view.getBigUint64(101, true) });
}

/**
 * What the fills of the pool's orders that the market has not booked yet add to its totals (below 0: take from
 * them). Source: `calc_exact_vault_in_serum`, which counts maker fills only. Never throws.
 */
export function decodeUnbookedFills(
  account: AccountBytes | null,
  program: Address,
  openOrders: Uint8Array,
): Outcome<UnbookedFills, LoadRefusal> {
  const wrong = checkHead('event queue', account, program, EVENT_QUEUE_FLAGS);
  if (wrong !== undefined) return wrong;
  const { data } = account as AccountBytes;
  const capacity = Math.floor((data.length - EVENT_QUEUE_HEADER_BYTES - TAIL.length) / EVENT_BYTES);
  const view = viewOf(data);
  if (capacity < 1) return refusal('wrong-length', `event queue of ${data.length} bytes`);
  const count = view.getBigUint64(21, true);
  const head = view.getBigUint64(13, true);
  if (count > BigInt(capacity) || head >= BigInt(capacity)) {
    return refusal('inconsistent-accounts', `event queue of ${count} events from ${head}`);
  }
  let coin = 0n;
  let pc = 0n;
  for (let i = 0; i < Number(count); i++) {
    const at = EVENT_QUEUE_HEADER_BYTES + ((Number(head) + i) % capacity) * EVENT_BYTES;
    if (!holds(data, at + 48, openOrders)) continue;
    const flags = data[at]!;
    if (!isKnownEvent(flags)) return refusal('inconsistent-accounts', `event with flags ${flags}`);
    if ((flags & FILL) === 0 || (flags & MAKER) === 0) continue;
    const received = view.getBigUint64(at + 8, true);
    const paid = view.getBigUint64(at + 16, true);
    coin += (flags & BID) === 0 ? -paid : received;
    pc += (flags & BID) === 0 ? received : -paid;
  }
  return success({ coin, pc, events: Number(count) });
}

/** The market program fails on any other combination (`Event::as_view`). */
function isKnownEvent(flags: number): boolean {
  const allowed = (flags & FILL) !== 0 ? FILL | BID | MAKER : OUT | BID | RELEASE_FUNDS;
  return (flags & ~allowed) === 0;
}

function holds(data: Uint8Array, at: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (data[at + i] !== bytes[i]) return false;
  return true;
}
