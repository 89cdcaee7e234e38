import { ArbError } from '../../../core/errors.ts';
import { BPS, U64_MAX } from '../../../core/units.ts';
import { divUp, mulDivUp } from '../../../math/mul-div.ts';
import { LAST_SLOT, LAST_TIME, LOTS, nodeOffset, TICKS, TRADER } from '../book.ts';
import { MARKET_SEQUENCE_OFFSET, type MarketFacts, UNCLAIMED_FEES_OFFSET, viewOf } from '../layout.ts';
import type { PendingSwap } from '../state.ts';
import { traderOffset } from '../views.ts';
import { firstNode, type OrderTree, removeFirst } from './tree-removal.ts';

/** Parts of a trader's state within its node, in lots. */
export const QUOTE_LOCKED = 48;
export const QUOTE_FREE = 56;
export const BASE_LOCKED = 64;
export const BASE_FREE = 72;

/**
 * Runs one swap on a market's bytes, in place, the way the program's `match_order` does: orders filled and expired
 * leave their tree, makers' locked lots become free ones, the fee is added to what the market has to collect, and the
 * market's sequence number rises. Throws `book-invalid` when a maker has locked less than the book says.
 */
export function matchBytes(data: Uint8Array, facts: MarketFacts, swap: PendingSwap): void {
  const view = viewOf(data);
  const tree: OrderTree = { view, offset: (swap.aToB ? facts.bids : facts.asks).offset };
  let baseLeft = swap.aToB ? swap.amountIn / facts.baseLotSize : U64_MAX;
  let adjustedLeft = U64_MAX;
  if (!swap.aToB) {
    const adjusted = (swap.amountIn / facts.quoteLotSize) * facts.baseLotsPerUnit;
    adjustedLeft = (adjusted * U64_MAX) / facts.buyDivisor;
  }
  let matched = 0n;
  for (let orders = 0; orders <= facts.bids.capacity; orders++) {
    const node = baseLeft > 0n && adjustedLeft > 0n ? firstNode(tree) : 0;
    if (node === 0) break;
    const at = nodeOffset(tree.offset, node);
    const lots = view.getBigUint64(at + LOTS, true);
    const perLot = view.getBigUint64(at + TICKS, true) * facts.tickLots;
    const trader = traderOffset(facts, view.getUint32(at + TRADER, true));
    const quoteLots = (perLot * lots) / facts.baseLotsPerUnit;
    if (lots === 0n || hasExpired(view, at, swap)) {
      removeFirst(tree, node);
      if (swap.aToB) move(view, trader + QUOTE_LOCKED, quoteLots, trader + QUOTE_FREE, quoteLots);
      else move(view, trader + BASE_LOCKED, lots, trader + BASE_FREE, lots);
      continue;
    }
    const isWhole = lots <= baseLeft && perLot * lots <= adjustedLeft;
    const affordable = perLot === 0n ? lots : adjustedLeft / perLot;
    const taken = isWhole ? lots : affordable < baseLeft ? affordable : baseLeft;
    const paid = (perLot * taken) / facts.baseLotsPerUnit;
    if (isWhole) removeFirst(tree, node);
    else view.setBigUint64(at + LOTS, lots - taken, true);
    if (swap.aToB) move(view, trader + QUOTE_LOCKED, paid, trader + BASE_FREE, taken);
    else move(view, trader + BASE_LOCKED, taken, trader + QUOTE_FREE, paid);
    baseLeft -= taken;
    adjustedLeft -= perLot * taken;
    matched += perLot * taken;
    if (!isWhole) break;
  }
  const fee = divUp(mulDivUp(matched, facts.feeBps, BPS), facts.baseLotsPerUnit);
  add(view, UNCLAIMED_FEES_OFFSET, fee);
  add(view, MARKET_SEQUENCE_OFFSET, 1n);
}

function hasExpired(view: DataView, at: number, swap: PendingSwap): boolean {
  const lastSlot = view.getBigUint64(at + LAST_SLOT, true);
  if (lastSlot !== 0n && lastSlot < BigInt(swap.slot)) return true;
  const lastTime = view.getBigUint64(at + LAST_TIME, true);
  return lastTime !== 0n && lastTime < BigInt(swap.unixTimestamp);
}

function move(view: DataView, from: number, less: bigint, to: number, more: bigint): void {
  add(view, from, -less);
  add(view, to, more);
}

function add(view: DataView, at: number, amount: bigint): void {
  const sum = view.getBigUint64(at, true) + amount;
  if (sum < 0n || sum > U64_MAX) {
    throw new ArbError('book-invalid', `${sum} lots at offset ${at} of the market`, { offset: at });
  }
  view.setBigUint64(at, sum, true);
}
