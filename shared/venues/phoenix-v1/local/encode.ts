import { type Address, addressBytes } from '../../../core/address.ts';
import {
  COLOR,
  LAST_SLOT,
  LAST_TIME,
  LEFT,
  LOTS,
  PARENT,
  RED,
  RIGHT,
  SEQUENCE,
  TICKS,
  TRADER,
} from '../book.ts';
import {
  BASE_LOT_OFFSET,
  BASE_LOTS_PER_UNIT_OFFSET,
  BASE_PARAMS_OFFSET,
  BIDS_OFFSET,
  BIDS_SIZE_OFFSET,
  FEE_BPS_OFFSET,
  MARKET_DISCRIMINATOR,
  marketBytes,
  ORDER_BYTES,
  ORDER_SEQUENCE_OFFSET,
  QUOTE_LOT_OFFSET,
  QUOTE_PARAMS_OFFSET,
  RAW_BASE_UNITS_OFFSET,
  STATUS_OFFSET,
  TICK_ATOMS_OFFSET,
  TICK_LOTS_OFFSET,
  TRADER_BYTES,
  TREE_HEADER_BYTES,
  UNCLAIMED_FEES_OFFSET,
  viewOf,
} from '../layout.ts';
import { BASE_FREE, BASE_LOCKED, QUOTE_FREE, QUOTE_LOCKED } from './match-bytes.ts';

/** A resting order as the program stores it. */
export interface NewOrder {
  readonly ticks: bigint;
  /** Rises with time on both sides; a bid's bits are inverted in the bytes. */
  readonly sequence: bigint;
  /** The maker's place in the list of traders, from 0. */
  readonly trader: number;
  readonly lots: bigint;
  readonly lastValidSlot: bigint;
  readonly lastValidUnixTimestamp: bigint;
}

/** A maker with a seat, all amounts in lots. */
export interface NewTrader {
  readonly address: Address;
  readonly quoteLocked: bigint;
  readonly quoteFree: bigint;
  readonly baseLocked: bigint;
  readonly baseFree: bigint;
}

export interface NewToken {
  readonly mint: Address;
  readonly decimals: number;
  readonly vault: Address;
  readonly vaultBump: number;
  readonly lotSize: bigint;
}

export interface NewMarket {
  readonly orders: number;
  readonly seats: number;
  readonly status: number;
  readonly base: NewToken;
  readonly quote: NewToken;
  readonly rawBaseUnits: number;
  readonly baseLotsPerUnit: bigint;
  readonly tickLots: bigint;
  readonly feeBps: bigint;
  readonly unclaimedFees: bigint;
  readonly authority: Address;
  /** Best first. */
  readonly bids: readonly NewOrder[];
  readonly asks: readonly NewOrder[];
  /** In byte order of their addresses. */
  readonly traders: readonly NewTrader[];
}

const AUTHORITY_OFFSET = 208;
const FEE_RECIPIENT_OFFSET = 240;
const SUCCESSOR_OFFSET = 280;

/** A market account of exactly this book; its trees are balanced, and every node after the last order is unused. */
export function encodeMarket(market: NewMarket): Uint8Array {
  const data = new Uint8Array(marketBytes(market.orders, market.seats));
  const view = viewOf(data);
  data.set(MARKET_DISCRIMINATOR, 0);
  view.setBigUint64(STATUS_OFFSET, BigInt(market.status), true);
  const sizes = [market.orders, market.orders, market.seats];
  sizes.forEach((size, i) => {
    view.setBigUint64(BIDS_SIZE_OFFSET + 8 * i, BigInt(size), true);
  });
  writeToken(data, view, BASE_PARAMS_OFFSET, market.base);
  writeToken(data, view, QUOTE_PARAMS_OFFSET, market.quote);
  view.setBigUint64(BASE_LOT_OFFSET, market.base.lotSize, true);
  view.setBigUint64(QUOTE_LOT_OFFSET, market.quote.lotSize, true);
  view.setBigUint64(TICK_ATOMS_OFFSET, market.tickLots * market.quote.lotSize, true);
  for (const at of [AUTHORITY_OFFSET, FEE_RECIPIENT_OFFSET, SUCCESSOR_OFFSET]) {
    data.set(addressBytes(market.authority), at);
  }
  view.setUint32(RAW_BASE_UNITS_OFFSET, market.rawBaseUnits, true);
  view.setBigUint64(BASE_LOTS_PER_UNIT_OFFSET, market.baseLotsPerUnit, true);
  view.setBigUint64(TICK_LOTS_OFFSET, market.tickLots, true);
  const placed = BigInt(market.bids.length + market.asks.length);
  view.setBigUint64(ORDER_SEQUENCE_OFFSET, placed + 1n, true);
  view.setBigUint64(FEE_BPS_OFFSET, market.feeBps, true);
  view.setBigUint64(UNCLAIMED_FEES_OFFSET, market.unclaimedFees, true);
  const side = TREE_HEADER_BYTES + market.orders * ORDER_BYTES;
  writeOrders(view, BIDS_OFFSET, market.bids, true);
  writeOrders(view, BIDS_OFFSET + side, market.asks, false);
  writeTraders(data, view, BIDS_OFFSET + 2 * side, market.traders);
  return data;
}

function writeToken(data: Uint8Array, view: DataView, at: number, token: NewToken): void {
  view.setUint32(at, token.decimals, true);
  view.setUint32(at + 4, token.vaultBump, true);
  data.set(addressBytes(token.mint), at + 8);
  data.set(addressBytes(token.vault), at + 40);
}

/** Makes the tree at `tree` hold exactly these orders, best first, balanced. */
export function writeOrders(
  view: DataView,
  tree: number,
  orders: readonly NewOrder[],
  isBids: boolean,
): void {
  linkNodes(view, tree, ORDER_BYTES, orders.length);
  orders.forEach((order, i) => {
    const at = tree + TREE_HEADER_BYTES + i * ORDER_BYTES;
    view.setBigUint64(at + TICKS, order.ticks, true);
    view.setBigUint64(at + SEQUENCE, isBids ? BigInt.asUintN(64, ~order.sequence) : order.sequence, true);
    view.setBigUint64(at + TRADER, BigInt(order.trader + 1), true);
    view.setBigUint64(at + LOTS, order.lots, true);
    view.setBigUint64(at + LAST_SLOT, order.lastValidSlot, true);
    view.setBigUint64(at + LAST_TIME, order.lastValidUnixTimestamp, true);
  });
}

function writeTraders(data: Uint8Array, view: DataView, tree: number, traders: readonly NewTrader[]): void {
  linkNodes(view, tree, TRADER_BYTES, traders.length);
  traders.forEach((trader, i) => {
    const at = tree + TREE_HEADER_BYTES + i * TRADER_BYTES;
    data.set(addressBytes(trader.address), at + 16);
    view.setBigUint64(at + QUOTE_LOCKED, trader.quoteLocked, true);
    view.setBigUint64(at + QUOTE_FREE, trader.quoteFree, true);
    view.setBigUint64(at + BASE_LOCKED, trader.baseLocked, true);
    view.setBigUint64(at + BASE_FREE, trader.baseFree, true);
  });
}

/**
 * Links nodes 1 to `count`, which stand in order of their keys, into a red-black tree: split in the middle, every
 * level full but the last, whose nodes are red.
 */
function linkNodes(view: DataView, tree: number, nodeBytes: number, count: number): void {
  const fullLevels = Math.floor(Math.log2(count + 1));
  const link = (from: number, to: number, parent: number, level: number): number => {
    if (from > to) return 0;
    const node = (from + to) >> 1;
    const at = tree + TREE_HEADER_BYTES + (node - 1) * nodeBytes;
    view.setUint32(at + LEFT, link(from, node - 1, node, level + 1), true);
    view.setUint32(at + RIGHT, link(node + 1, to, node, level + 1), true);
    view.setUint32(at + PARENT, parent, true);
    view.setUint32(at + COLOR, level < fullLevels ? 0 : RED, true);
    return node;
  };
  view.setUint32(tree, link(1, count, 0, 0), true);
  view.setBigUint64(tree + 16, BigInt(count), true);
  view.setUint32(tree + 24, count + 1, true);
  view.setUint32(tree + 28, count + 1, true);
}
