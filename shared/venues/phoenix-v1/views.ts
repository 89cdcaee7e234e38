import { type Address, addressAt } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { type BookSide, isExpired, LOTS, nodeOffset, SEQUENCE, TICKS, TRADER } from './book.ts';
import { type MarketFacts, TRADER_BYTES, TREE_HEADER_BYTES, viewOf } from './layout.ts';
import type { PhoenixState } from './state.ts';

/** All that rests at one price (L2). Amounts in base units of the two mints. */
export interface BookLevel {
  /** Base units of the quote mint for one unit of base (`raw_base_units_per_base_unit` whole tokens). */
  readonly priceAtoms: bigint;
  readonly ticks: bigint;
  readonly baseAmount: bigint;
  readonly orders: number;
}

/** One resting order (L3). */
export interface BookOrder {
  readonly side: 'bid' | 'ask';
  readonly ticks: bigint;
  readonly priceAtoms: bigint;
  /** As the program stores it: a bid's has its bits inverted. With the price it names the order. */
  readonly sequenceNumber: bigint;
  readonly maker: Address;
  readonly baseAmount: bigint;
  readonly lastValidSlot: number | undefined;
  readonly lastValidUnixTimestamp: number | undefined;
}

/** Price levels, best first, of orders that have not expired; at most `depth` on each side. */
export function bookLevels(
  state: PhoenixState,
  clock: ChainClock,
  depth = Number.POSITIVE_INFINITY,
): { readonly bids: readonly BookLevel[]; readonly asks: readonly BookLevel[] } {
  return { bids: levels(state, true, clock, depth), asks: levels(state, false, clock, depth) };
}

/** The orders that have not expired, in the order in which they are filled; at most `depth` on each side. */
export function bookOrders(
  state: PhoenixState,
  clock: ChainClock,
  depth = Number.POSITIVE_INFINITY,
): { readonly bids: readonly BookOrder[]; readonly asks: readonly BookOrder[] } {
  return { bids: orders(state, true, clock, depth), asks: orders(state, false, clock, depth) };
}

function levels(state: PhoenixState, isBids: boolean, clock: ChainClock, depth: number): BookLevel[] {
  const side = isBids ? state.bids : state.asks;
  const found: BookLevel[] = [];
  for (let at = 0; at < side.count; at++) {
    if (isGone(side, at, clock)) continue;
    const { ticks, lots } = figuresAt(state, isBids, at);
    const baseAmount = lots * state.facts.baseLotSize;
    const last = found[found.length - 1];
    if (last?.ticks === ticks) {
      found[found.length - 1] = {
        ...last,
        baseAmount: last.baseAmount + baseAmount,
        orders: last.orders + 1,
      };
      continue;
    }
    if (found.length >= depth) break;
    found.push({ priceAtoms: ticks * state.facts.tickAtoms, ticks, baseAmount, orders: 1 });
  }
  return found;
}

function orders(state: PhoenixState, isBids: boolean, clock: ChainClock, depth: number): BookOrder[] {
  const side = isBids ? state.bids : state.asks;
  const { facts, data } = state;
  const view = viewOf(data);
  const tree = isBids ? facts.bids : facts.asks;
  const found: BookOrder[] = [];
  for (let at = 0; at < side.count && found.length < depth; at++) {
    if (isGone(side, at, clock)) continue;
    const { ticks, lots } = figuresAt(state, isBids, at);
    const offset = nodeOffset(tree.offset, side.node[at]!);
    found.push({
      side: isBids ? 'bid' : 'ask',
      ticks,
      priceAtoms: ticks * facts.tickAtoms,
      sequenceNumber: view.getBigUint64(offset + SEQUENCE, true),
      maker: addressAt(data, traderOffset(facts, view.getUint32(offset + TRADER, true)) + 16),
      baseAmount: lots * facts.baseLotSize,
      lastValidSlot: side.lastSlot[at] === 0 ? undefined : side.lastSlot[at],
      lastValidUnixTimestamp: side.lastTime[at] === 0 ? undefined : side.lastTime[at],
    });
  }
  return found;
}

function isGone(side: BookSide, at: number, clock: ChainClock): boolean {
  return side.lots[at] === 0 || isExpired(side, at, clock.slot, clock.unixTimestamp);
}

/** Exact ticks and lots. Columns hold what swaps have left; a figure too large for them is still as in the bytes. */
function figuresAt(state: PhoenixState, isBids: boolean, at: number): { ticks: bigint; lots: bigint } {
  const side = isBids ? state.bids : state.asks;
  const tree = isBids ? state.facts.bids : state.facts.asks;
  const view = viewOf(state.data);
  const offset = nodeOffset(tree.offset, side.node[at]!);
  const lots = side.lots[at]!;
  return {
    ticks: view.getBigUint64(offset + TICKS, true),
    lots: Number.isSafeInteger(lots) ? BigInt(lots) : view.getBigUint64(offset + LOTS, true),
  };
}

export function traderOffset(facts: MarketFacts, trader: number): number {
  return facts.traders.offset + TREE_HEADER_BYTES + (trader - 1) * TRADER_BYTES;
}
