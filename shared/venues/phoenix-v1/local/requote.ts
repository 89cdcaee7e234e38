import type { AccountSource } from '../../../core/account.ts';
import { U64_MAX } from '../../../core/units.ts';
import type { Requoted } from '../../local/local-venue.ts';
import { type BookSide, LAST_SLOT, LAST_TIME, LOTS, nodeOffset, TRADER } from '../book.ts';
import { MARKET_SEQUENCE_OFFSET, ORDER_SEQUENCE_OFFSET, type TreePlace, viewOf } from '../layout.ts';
import type { PhoenixState } from '../state.ts';
import { traderOffset } from '../views.ts';
import { type NewOrder, writeOrders } from './encode.ts';
import { BASE_FREE, BASE_LOCKED, QUOTE_FREE, QUOTE_LOCKED } from './match-bytes.ts';

/**
 * The market with the orders of `opening`, their prices times `factor`: bids rounded down to a tick and asks up, so
 * that they never cross. Each maker has locked what the orders offer and as much free as in `opening`; what that
 * takes beyond the seat's lots is paid into the vaults, and what is over is withdrawn.
 */
export function requote(opening: PhoenixState, factor: number, source: AccountSource): Requoted | undefined {
  const account = source(opening.address);
  if (!account || account.data.length !== opening.data.length) return undefined;
  const { facts } = opening;
  const data = account.data.slice();
  const view = viewOf(data);
  const sequence = view.getBigUint64(ORDER_SEQUENCE_OFFSET, true);
  const bids = moved(opening, opening.bids, facts.bids, factor, sequence);
  const asks = moved(opening, opening.asks, facts.asks, factor, sequence + BigInt(bids.length));
  writeOrders(view, facts.bids.offset, bids, true);
  writeOrders(view, facts.asks.offset, asks, false);
  view.setBigUint64(ORDER_SEQUENCE_OFFSET, sequence + BigInt(bids.length + asks.length), true);
  const events = view.getBigUint64(MARKET_SEQUENCE_OFFSET, true);
  view.setBigUint64(MARKET_SEQUENCE_OFFSET, BigInt.asUintN(64, events + 1n), true);
  const { base, quote } = fundSeats(opening, view, bids, asks);
  return {
    writes: [{ address: opening.address, account: { ...account, data } }],
    paidInA: base * facts.baseLotSize,
    paidInB: quote * facts.quoteLotSize,
  };
}

function moved(
  opening: PhoenixState,
  side: BookSide,
  place: TreePlace,
  factor: number,
  firstSequence: bigint,
): readonly NewOrder[] {
  const view = viewOf(opening.data);
  const isBids = side === opening.bids;
  const orders: NewOrder[] = [];
  for (let i = 0; i < side.count; i++) {
    const at = nodeOffset(place.offset, side.node[i]!);
    const ticks = side.ticks[i]! * factor;
    const rounded = BigInt(Math.max(1, isBids ? Math.floor(ticks) : Math.ceil(ticks)));
    orders.push({
      ticks: rounded < U64_MAX ? rounded : U64_MAX,
      sequence: firstSequence + BigInt(i),
      trader: view.getUint32(at + TRADER, true) - 1,
      lots: view.getBigUint64(at + LOTS, true),
      lastValidSlot: view.getBigUint64(at + LAST_SLOT, true),
      lastValidUnixTimestamp: view.getBigUint64(at + LAST_TIME, true),
    });
  }
  return orders;
}

/** Sets the makers' lots as the orders ask; the lots that their seats together hold more than before. */
function fundSeats(
  opening: PhoenixState,
  view: DataView,
  bids: readonly NewOrder[],
  asks: readonly NewOrder[],
): { readonly base: bigint; readonly quote: bigint } {
  const { facts } = opening;
  const quoteLocked = new Map<number, bigint>();
  const baseLocked = new Map<number, bigint>();
  const makers = new Set<number>();
  for (const { trader } of [...bids, ...asks]) makers.add(trader);
  for (const { trader, ticks, lots } of bids) {
    const offered = ticks * lots * facts.quoteLotsPerTickLot;
    quoteLocked.set(trader, (quoteLocked.get(trader) ?? 0n) + offered);
  }
  for (const { trader, lots } of asks) baseLocked.set(trader, (baseLocked.get(trader) ?? 0n) + lots);
  const before = viewOf(opening.data);
  const set = (at: number, lots: bigint): bigint => {
    const more = lots - view.getBigUint64(at, true);
    if (more !== 0n) view.setBigUint64(at, lots, true);
    return more;
  };
  let base = 0n;
  let quote = 0n;
  for (const trader of makers) {
    const seat = traderOffset(facts, trader + 1);
    quote += set(seat + QUOTE_LOCKED, quoteLocked.get(trader) ?? 0n);
    quote += set(seat + QUOTE_FREE, before.getBigUint64(seat + QUOTE_FREE, true));
    base += set(seat + BASE_LOCKED, baseLocked.get(trader) ?? 0n);
    base += set(seat + BASE_FREE, before.getBigUint64(seat + BASE_FREE, true));
  }
  return { base, quote };
}
