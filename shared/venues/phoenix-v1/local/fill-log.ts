import { addressBytes } from '../../../core/address.ts';
import type { ChainClock } from '../../../core/clock.ts';
import type { Instruction } from '../../../core/instruction.ts';
import type { SwapCall } from '../../local/local-venue.ts';
import { isExpired, LOTS, nodeOffset, SEQUENCE, TICKS, TRADER } from '../book.ts';
import { feeLots, fill, filled } from '../fill.ts';
import { MARKET_SEQUENCE_OFFSET, viewOf } from '../layout.ts';
import { LOG_TAG, PHOENIX_LOG_AUTHORITY, PHOENIX_PROGRAM, SWAP_TAG } from '../program.ts';
import type { PhoenixState } from '../state.ts';
import { traderOffset } from '../views.ts';

/** The most bytes that the program puts into one call of its `Log` (`event_recorder.rs`). */
const MAX_LOG_BYTES = 1_280;
const HEADER_BYTES = 93;
const TOTAL_OFFSET = 91;
const FILL = { tag: 2, bytes: 66 };
const SUMMARY = { tag: 6, bytes: 42 };
const EXPIRED = { tag: 9, bytes: 58 };

/**
 * The calls of the program's own `Log` instruction for one swap: every order filled or found expired, in order, and the
 * summary last. Empty where the swap is refused. `state` is the market before the swap.
 */
export function fillLog(state: PhoenixState, swap: SwapCall, clock: ChainClock): readonly Instruction[] {
  if (fill(state, swap.aToB, swap.amountIn, clock) !== undefined) return [];
  const { gone, lotsLeft, baseLots, amountOut, consumedIn, tickLots } = filled;
  const { facts, data } = state;
  const view = viewOf(data);
  const side = swap.aToB ? state.bids : state.asks;
  const tree = swap.aToB ? facts.bids : facts.asks;
  const events: Uint8Array[] = [];
  for (let at = 0; at < gone + (lotsLeft === undefined ? 0 : 1); at++) {
    const node = nodeOffset(tree.offset, side.node[at]!);
    const lots = view.getBigUint64(node + LOTS, true);
    const expired = lots === 0n || isExpired(side, at, clock.slot, clock.unixTimestamp);
    const left = at === gone ? BigInt(lotsLeft ?? 0) : 0n;
    const event = emptyEvent(expired ? EXPIRED : FILL, events.length);
    const maker = traderOffset(facts, view.getUint32(node + TRADER, true)) + 16;
    event.data.set(data.subarray(maker, maker + 32), 3);
    event.view.setBigUint64(35, view.getBigUint64(node + SEQUENCE, true), true);
    event.view.setBigUint64(43, view.getBigUint64(node + TICKS, true), true);
    event.view.setBigUint64(51, lots - left, true);
    if (!expired) event.view.setBigUint64(59, left, true);
    events.push(event.data);
  }
  const summary = emptyEvent(SUMMARY, events.length);
  // The client order id of a swap that we build: see swap.ts.
  summary.view.setBigUint64(3, swap.amountIn, true);
  summary.view.setBigUint64(11, swap.minAmountOut, true);
  summary.view.setBigUint64(19, BigInt(baseLots), true);
  summary.view.setBigUint64(27, (swap.aToB ? amountOut : consumedIn) / facts.quoteLotSize, true);
  summary.view.setBigUint64(35, feeLots(facts, BigInt(tickLots)), true);
  events.push(summary.data);
  return inCalls(events).map((batch) => logCall(state, swap, clock, batch));
}

function emptyEvent(kind: { readonly tag: number; readonly bytes: number }, index: number) {
  const data = new Uint8Array(1 + kind.bytes);
  const view = viewOf(data);
  data[0] = kind.tag;
  view.setUint16(1, index, true);
  return { data, view };
}

function inCalls(events: readonly Uint8Array[]): readonly (readonly Uint8Array[])[] {
  const calls: Uint8Array[][] = [];
  let bytes = MAX_LOG_BYTES;
  for (const event of events) {
    if (bytes + event.length > MAX_LOG_BYTES) {
      calls.push([]);
      bytes = HEADER_BYTES;
    }
    calls[calls.length - 1]!.push(event);
    bytes += event.length;
  }
  return calls;
}

function logCall(
  state: PhoenixState,
  swap: SwapCall,
  clock: ChainClock,
  events: readonly Uint8Array[],
): Instruction {
  const data = new Uint8Array(HEADER_BYTES + events.reduce((sum, event) => sum + event.length, 0));
  const view = viewOf(data);
  data[0] = LOG_TAG;
  data[1] = 1;
  data[2] = SWAP_TAG;
  view.setBigUint64(3, viewOf(state.data).getBigUint64(MARKET_SEQUENCE_OFFSET, true), true);
  view.setBigInt64(11, BigInt(clock.unixTimestamp), true);
  view.setBigUint64(19, BigInt(clock.slot), true);
  data.set(addressBytes(state.address), 27);
  data.set(addressBytes(swap.owner), 59);
  view.setUint16(TOTAL_OFFSET, events.length, true);
  let at = HEADER_BYTES;
  for (const event of events) {
    data.set(event, at);
    at += event.length;
  }
  return {
    programId: PHOENIX_PROGRAM,
    accounts: [{ address: PHOENIX_LOG_AUTHORITY, isSigner: true, isWritable: false }],
    data,
  };
}
