import type { AccountWrite } from '../../../core/account.ts';
import { type Address, addressBytes, createProgramAddress, TOKEN_PROGRAM } from '../../../core/address.ts';
import { ArbError } from '../../../core/errors.ts';
import { encodeTokenAccount, rentExemptLamports } from '../../token/token.ts';
import {
  type BookFunds,
  EVENT_BYTES,
  EVENT_QUEUE_FLAGS,
  EVENT_QUEUE_HEADER_BYTES,
  FLAGS_OFFSET,
  HEAD,
  MARKET_BYTES,
  MARKET_FLAGS,
  OPEN_ORDERS_BYTES,
  OPEN_ORDERS_FLAGS,
  TAIL,
} from '../order-book.ts';
import { AMM_V4_AUTHORITY } from '../program.ts';

const BIDS_FLAGS = 33n;
const ASKS_FLAGS = 65n;
/** Room for eight events and for a few dozen orders: no program checks for more. */
const EVENTS = 8;
const SLAB_BYTES = 13 + 32 + 72 * 32 + TAIL.length;
const FILL_OF_MAKER_BID = 1 | 4 | 8;

export interface BookAddresses {
  readonly program: Address;
  readonly market: Address;
  readonly openOrders: Address;
  readonly eventQueue: Address;
  readonly bids: Address;
  readonly asks: Address;
  readonly requestQueue: Address;
  readonly coinVault: Address;
  readonly pcVault: Address;
}

/** A fill of one of the pool's bids that the market has not booked yet, in base units. */
export interface UnbookedFill {
  readonly pcPaid: bigint;
  readonly coinReceived: bigint;
}

interface SynthesizedBook {
  readonly addresses: BookAddresses;
  readonly coinMint: Address;
  readonly pcMint: Address;
  /** What the pool's open orders account holds, all of it free. */
  readonly funds: BookFunds;
  readonly fill: UnbookedFill;
}

/** A market without orders where the pool still has funds and one fill to be booked. */
export function synthesizeBook(book: SynthesizedBook): readonly AccountWrite[] {
  const { addresses, funds, fill } = book;
  const { nonce, signer } = vaultSigner(addresses);
  const vault = (address: Address, mint: Address, amount: bigint): AccountWrite => ({
    address,
    account: encodeTokenAccount({ mint, owner: signer, amount, tokenProgram: TOKEN_PROGRAM }),
  });
  return [
    ours(addresses, addresses.market, encodeMarket(book, nonce)),
    ours(addresses, addresses.openOrders, encodeOpenOrders(addresses, funds)),
    ours(addresses, addresses.eventQueue, encodeEventQueue(addresses.openOrders, fill)),
    ours(addresses, addresses.bids, blank(SLAB_BYTES, BIDS_FLAGS)),
    ours(addresses, addresses.asks, blank(SLAB_BYTES, ASKS_FLAGS)),
    vault(addresses.coinVault, book.coinMint, funds.coin + fill.coinReceived),
    vault(addresses.pcVault, book.pcMint, funds.pc),
  ];
}

function ours({ program }: BookAddresses, address: Address, data: Uint8Array): AccountWrite {
  return { address, account: { owner: program, lamports: rentExemptLamports(data.length), data } };
}

function blank(bytes: number, flags: bigint): Uint8Array {
  const data = new Uint8Array(bytes);
  data.set(HEAD, 0);
  new DataView(data.buffer).setBigUint64(FLAGS_OFFSET, flags, true);
  data.set(TAIL, bytes - TAIL.length);
  return data;
}

/** The first nonce whose hash is off the curve, as markets are made. */
function vaultSigner({ market, program }: BookAddresses): {
  readonly nonce: bigint;
  readonly signer: Address;
} {
  for (let nonce = 0n; nonce < 256n; nonce++) {
    const seed = new Uint8Array(8);
    new DataView(seed.buffer).setBigUint64(0, nonce, true);
    const signer = createProgramAddress([addressBytes(market), seed], program);
    if (signer !== undefined) return { nonce, signer };
  }
  throw new ArbError('address-invalid', `no vault signer for market ${market}`, { market });
}

function encodeMarket({ addresses, coinMint, pcMint, funds }: SynthesizedBook, nonce: bigint): Uint8Array {
  const data = blank(MARKET_BYTES, MARKET_FLAGS);
  const view = new DataView(data.buffer);
  const words: readonly (readonly [number, bigint])[] = [
    [45, nonce],
    [149, funds.coin],
    [197, funds.pc],
    [213, 100n],
    [349, 1_000_000n],
    [357, 100n],
  ];
  for (const [at, value] of words) view.setBigUint64(at, value, true);
  const keys: readonly (readonly [number, Address])[] = [
    [13, addresses.market],
    [53, coinMint],
    [85, pcMint],
    [117, addresses.coinVault],
    [165, addresses.pcVault],
    [221, addresses.requestQueue],
    [253, addresses.eventQueue],
    [285, addresses.bids],
    [317, addresses.asks],
  ];
  for (const [at, key] of keys) data.set(addressBytes(key), at);
  return data;
}

function encodeOpenOrders({ market }: BookAddresses, funds: BookFunds): Uint8Array {
  const data = blank(OPEN_ORDERS_BYTES, OPEN_ORDERS_FLAGS);
  const view = new DataView(data.buffer);
  data.set(addressBytes(market), 13);
  data.set(addressBytes(AMM_V4_AUTHORITY), 45);
  [funds.coin, funds.coin, funds.pc, funds.pc].forEach((amount, i) => {
    view.setBigUint64(77 + 8 * i, amount, true);
  });
  // Every one of the 128 order slots is free.
  data.fill(255, 109, 125);
  return data;
}

function encodeEventQueue(openOrders: Address, fill: UnbookedFill): Uint8Array {
  const bytes = EVENT_QUEUE_HEADER_BYTES + EVENTS * EVENT_BYTES + TAIL.length;
  const data = blank(bytes, EVENT_QUEUE_FLAGS);
  const view = new DataView(data.buffer);
  // The queue is a ring: its only event stands in the last place.
  view.setBigUint64(13, BigInt(EVENTS - 1), true);
  view.setBigUint64(21, 1n, true);
  const at = EVENT_QUEUE_HEADER_BYTES + (EVENTS - 1) * EVENT_BYTES;
  data[at] = FILL_OF_MAKER_BID;
  view.setBigUint64(at + 8, fill.coinReceived, true);
  view.setBigUint64(at + 16, fill.pcPaid, true);
  data.set(addressBytes(openOrders), at + 48);
  return data;
}
