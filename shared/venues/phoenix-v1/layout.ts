import { type Address, addressAt } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { BPS, U64_MAX } from '../../core/units.ts';
import { mulDivUp } from '../../math/mul-div.ts';
import type { LoadRefusal } from '../venue.ts';
import { MARKET_SIZES, MARKET_STATUS } from './program.ts';

/**
 * Bytes of a market account: `MarketHeader` (576), then `FIFOMarket` (256 of padding, six u64, then the trees of bids,
 * asks and traders). Little-endian. Both orders and seats are as many as the header's size parameters say.
 */
export const MARKET_DISCRIMINATOR = Uint8Array.of(0x77, 0xdf, 0x71, 0x73, 0xb7, 0x20, 0x58, 0x71);
export const HEADER_BYTES = 576;
export const STATUS_OFFSET = 8;
export const BIDS_SIZE_OFFSET = 16;
export const ASKS_SIZE_OFFSET = 24;
export const SEATS_OFFSET = 32;
export const BASE_PARAMS_OFFSET = 40;
export const BASE_MINT_OFFSET = 48;
export const BASE_LOT_OFFSET = 112;
export const QUOTE_PARAMS_OFFSET = 120;
export const QUOTE_MINT_OFFSET = 128;
export const QUOTE_LOT_OFFSET = 192;
export const TICK_ATOMS_OFFSET = 200;
export const MARKET_SEQUENCE_OFFSET = 272;
export const RAW_BASE_UNITS_OFFSET = 312;

const FIFO_OFFSET = HEADER_BYTES + 256;
export const BASE_LOTS_PER_UNIT_OFFSET = FIFO_OFFSET;
export const TICK_LOTS_OFFSET = FIFO_OFFSET + 8;
export const ORDER_SEQUENCE_OFFSET = FIFO_OFFSET + 16;
export const FEE_BPS_OFFSET = FIFO_OFFSET + 24;
export const UNCLAIMED_FEES_OFFSET = FIFO_OFFSET + 40;
export const BIDS_OFFSET = FIFO_OFFSET + 48;

/** A tree: root and padding, then the allocator's size, bump index and free list head, then its nodes. */
export const TREE_HEADER_BYTES = 32;
/** An order: four registers, then price in ticks, sequence number, trader, base lots and two expiries. */
export const ORDER_BYTES = 64;
/** A trader: four registers, the address, then locked and free quote lots, locked and free base lots, padding. */
export const TRADER_BYTES = 144;

/** Where one side of the book lies in the market's bytes. */
export interface TreePlace {
  readonly offset: number;
  readonly capacity: number;
}

/** What a market account says besides its orders. */
export interface MarketFacts {
  readonly status: number;
  readonly bids: TreePlace;
  readonly asks: TreePlace;
  readonly traders: TreePlace;
  readonly baseMint: Address;
  readonly quoteMint: Address;
  readonly baseVault: Address;
  readonly quoteVault: Address;
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
  /** Base units of the token in one lot. */
  readonly baseLotSize: bigint;
  readonly quoteLotSize: bigint;
  readonly baseLotsPerUnit: bigint;
  /** Base units of the quote mint for one unit of base at a price of one tick. */
  readonly tickAtoms: bigint;
  /** Quote lots for one unit of base at a price of one tick. */
  readonly tickLots: bigint;
  /** Quote lots for one base lot at a price of one tick: a whole number in every market. */
  readonly quoteLotsPerTickLot: bigint;
  readonly feeBps: bigint;
  /** What a buyer's budget is divided by, in 2^64 - 1 parts: one and the fee on one. */
  readonly buyDivisor: bigint;
  /** The largest sum of ticks times base lots that the program's 64 bits and a double both hold. */
  readonly maxTickLots: number;
}

/** Bytes of a whole market account of this size. */
export function marketBytes(orders: number, seats: number): number {
  return (
    BIDS_OFFSET + 2 * (TREE_HEADER_BYTES + orders * ORDER_BYTES) + TREE_HEADER_BYTES + seats * TRADER_BYTES
  );
}

export function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/** Everything of a market account but the orders and traders. Never throws. */
export function decodeMarket(data: Uint8Array): Outcome<MarketFacts, LoadRefusal> {
  if (data.length < BIDS_OFFSET) return refusal('wrong-length', `${data.length} bytes`);
  for (let i = 0; i < 8; i++) {
    if (data[i] !== MARKET_DISCRIMINATOR[i]) return refusal('wrong-discriminator');
  }
  const view = viewOf(data);
  const size = sizeOf(view);
  if (size === undefined) return refusal('unsupported-version', 'no market size that the program knows');
  const [orders, seats] = size;
  if (data.length !== marketBytes(orders, seats)) return refusal('wrong-length', `${data.length} bytes`);
  const status = Number(view.getBigUint64(STATUS_OFFSET, true));
  if (status >= MARKET_STATUS.length) return refusal('inconsistent-accounts', `market status ${status}`);
  if (view.getBigUint64(ORDER_SEQUENCE_OFFSET, true) === 0n) {
    return refusal('inconsistent-accounts', 'the market was never initialized');
  }
  const lots = readLots(view);
  if (lots === undefined) return refusal('inconsistent-accounts', 'lot and tick sizes do not fit together');
  const baseDecimals = view.getUint32(BASE_PARAMS_OFFSET, true);
  const quoteDecimals = view.getUint32(QUOTE_PARAMS_OFFSET, true);
  if (baseDecimals > 255 || quoteDecimals > 255) return refusal('inconsistent-accounts', 'decimals');
  const side = TREE_HEADER_BYTES + orders * ORDER_BYTES;
  return success({
    status,
    bids: { offset: BIDS_OFFSET, capacity: orders },
    asks: { offset: BIDS_OFFSET + side, capacity: orders },
    traders: { offset: BIDS_OFFSET + 2 * side, capacity: seats },
    baseMint: addressAt(data, BASE_MINT_OFFSET),
    quoteMint: addressAt(data, QUOTE_MINT_OFFSET),
    baseVault: addressAt(data, BASE_MINT_OFFSET + 32),
    quoteVault: addressAt(data, QUOTE_MINT_OFFSET + 32),
    baseDecimals,
    quoteDecimals,
    ...lots,
  });
}

function sizeOf(view: DataView): readonly [number, number] | undefined {
  const bids = view.getBigUint64(BIDS_SIZE_OFFSET, true);
  const asks = view.getBigUint64(ASKS_SIZE_OFFSET, true);
  const seats = view.getBigUint64(SEATS_OFFSET, true);
  if (bids !== asks) return undefined;
  return MARKET_SIZES.find(([o, s]) => BigInt(o) === bids && BigInt(s) === seats);
}

/** Lots, ticks and fee; undefined where they break what the program asks when it makes a market. */
function readLots(view: DataView) {
  const baseLotSize = view.getBigUint64(BASE_LOT_OFFSET, true);
  const quoteLotSize = view.getBigUint64(QUOTE_LOT_OFFSET, true);
  const tickAtoms = view.getBigUint64(TICK_ATOMS_OFFSET, true);
  const baseLotsPerUnit = view.getBigUint64(BASE_LOTS_PER_UNIT_OFFSET, true);
  const tickLots = view.getBigUint64(TICK_LOTS_OFFSET, true);
  const feeBps = view.getBigUint64(FEE_BPS_OFFSET, true);
  if (baseLotSize === 0n || quoteLotSize === 0n || baseLotsPerUnit === 0n || tickLots === 0n)
    return undefined;
  if (feeBps > BPS || tickLots % baseLotsPerUnit !== 0n || tickAtoms !== tickLots * quoteLotSize)
    return undefined;
  const most = U64_MAX / tickLots;
  return {
    baseLotSize,
    quoteLotSize,
    baseLotsPerUnit,
    tickAtoms,
    tickLots,
    quoteLotsPerTickLot: tickLots / baseLotsPerUnit,
    feeBps,
    // Rounded up, as the program's `compute_fee` of u64::MAX.
    buyDivisor: U64_MAX + mulDivUp(U64_MAX, feeBps, BPS),
    maxTickLots: most > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(most),
  };
}

/** Ends of the header's and the book's parts that no instruction changes once a market is made. */
const FIXED_PARTS: readonly (readonly [from: number, to: number])[] = [
  [0, STATUS_OFFSET],
  [BIDS_SIZE_OFFSET, TICK_ATOMS_OFFSET + 8],
  [RAW_BASE_UNITS_OFFSET, RAW_BASE_UNITS_OFFSET + 4],
  [BASE_LOTS_PER_UNIT_OFFSET, ORDER_SEQUENCE_OFFSET],
];

/** True when both hold the same market: mints, vaults, sizes, lots and ticks. */
export function sameMarket(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (const [from, to] of FIXED_PARTS) {
    for (let i = from; i < to; i++) if (a[i] !== b[i]) return false;
  }
  return true;
}

/** Status and fee are all that can change besides orders and traders; undefined when they are not the program's. */
export function changedFacts(facts: MarketFacts, data: Uint8Array): MarketFacts | undefined {
  const view = viewOf(data);
  const status = view.getUint32(STATUS_OFFSET, true);
  const high = view.getUint32(STATUS_OFFSET + 4, true);
  const feeBps = view.getUint32(FEE_BPS_OFFSET, true);
  const sameFee = BigInt(feeBps) === facts.feeBps && view.getUint32(FEE_BPS_OFFSET + 4, true) === 0;
  if (sameFee && high === 0 && status === facts.status) return facts;
  const decoded = decodeMarket(data);
  return decoded.ok ? decoded.value : undefined;
}
