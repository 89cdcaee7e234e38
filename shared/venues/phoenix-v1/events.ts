import { type Address, addressAt } from '../../core/address.ts';
import type { Instruction } from '../../core/instruction.ts';
import { type MarketFacts, viewOf } from './layout.ts';
import { LOG_TAG, PHOENIX_LOG_AUTHORITY, PHOENIX_PROGRAM } from './program.ts';

/**
 * The program's event log: it calls its own `Log` instruction with borsh data, one header and then events, in as many
 * calls as 1,280 bytes each make. Source: `event_recorder.rs`, `events.rs`. Amounts in lots, prices in ticks.
 */
export interface EventLog {
  /** Tag of the instruction that the events come from. */
  readonly instruction: number;
  readonly marketSequenceNumber: bigint;
  readonly unixTimestamp: number;
  readonly slot: number;
  readonly market: Address;
  /** Who signed: the taker of every fill. */
  readonly signer: Address;
  readonly events: readonly MarketEvent[];
}

interface OrderEvent {
  /** Place among the events of its instruction. */
  readonly index: number;
  readonly sequenceNumber: bigint;
}

export type MarketEvent =
  | (OrderEvent & {
      readonly kind: 'fill';
      readonly maker: Address;
      readonly ticks: bigint;
      readonly baseLots: bigint;
      readonly baseLotsLeft: bigint;
    })
  | (OrderEvent & {
      readonly kind: 'place';
      readonly clientOrderId: bigint;
      readonly ticks: bigint;
      readonly baseLots: bigint;
    })
  | (OrderEvent & {
      readonly kind: 'reduce';
      readonly ticks: bigint;
      readonly baseLots: bigint;
      readonly baseLotsLeft: bigint;
    })
  | (OrderEvent & {
      readonly kind: 'evict' | 'expire';
      readonly maker: Address;
      readonly ticks: bigint;
      readonly baseLots: bigint;
    })
  | (OrderEvent & {
      readonly kind: 'time-in-force';
      readonly lastValidSlot: bigint;
      readonly lastValidUnixTimestamp: bigint;
    })
  | {
      readonly kind: 'fill-summary';
      readonly index: number;
      readonly clientOrderId: bigint;
      readonly baseLots: bigint;
      readonly quoteLots: bigint;
      readonly feeQuoteLots: bigint;
    }
  | { readonly kind: 'fee'; readonly index: number; readonly collectedQuoteLots: bigint };

/** One fill as a trade, in base units of the two mints, before the taker's fee. */
export interface Trade {
  readonly market: Address;
  readonly slot: number;
  readonly unixTimestamp: number;
  /** What the taker did. */
  readonly side: 'buy' | 'sell';
  readonly taker: Address;
  readonly maker: Address;
  readonly ticks: bigint;
  readonly priceAtoms: bigint;
  readonly baseAmount: bigint;
  readonly quoteAmount: bigint;
}

const HEADER_EVENT = 1;
const HEADER_END = 93;
const TOTAL_OFFSET = 91;
/** Bytes of each event behind its tag: uninitialized and header never stand among them. */
const EVENT_BYTES: readonly number[] = [0, 0, 66, 42, 34, 58, 42, 10, 26, 58];

/** The log that an inner instruction carries; undefined when it is none or not whole. Never throws. */
export function decodeEventLog(instruction: Instruction): EventLog | undefined {
  const { accounts, data, programId } = instruction;
  if (programId !== PHOENIX_PROGRAM || accounts[0]?.address !== PHOENIX_LOG_AUTHORITY) return;
  // Only the log authority's signature makes a log; without it the program fails the call.
  if (!accounts[0].isSigner) return;
  if (data.length < HEADER_END || data[0] !== LOG_TAG || data[1] !== HEADER_EVENT) return;
  const view = viewOf(data);
  const total = view.getUint16(TOTAL_OFFSET, true);
  const events: MarketEvent[] = [];
  let at = HEADER_END;
  for (let i = 0; i < total; i++) {
    const tag = data[at] ?? 0;
    const bytes = EVENT_BYTES[tag] ?? 0;
    if (bytes === 0 || at + 1 + bytes > data.length) return;
    events.push(decodeEvent(data, view, tag, at + 1));
    at += 1 + bytes;
  }
  if (at !== data.length) return;
  return {
    instruction: data[2]!,
    marketSequenceNumber: view.getBigUint64(3, true),
    unixTimestamp: Number(view.getBigInt64(11, true)),
    slot: Number(view.getBigUint64(19, true)),
    market: addressAt(data, 27),
    signer: addressAt(data, 59),
    events,
  };
}

function decodeEvent(data: Uint8Array, view: DataView, tag: number, at: number): MarketEvent {
  const index = view.getUint16(at, true);
  const u64 = (offset: number): bigint => view.getBigUint64(at + offset, true);
  const u128 = (offset: number): bigint => (u64(offset + 8) << 64n) | u64(offset);
  switch (tag) {
    case 2:
      return {
        kind: 'fill',
        index,
        maker: addressAt(data, at + 2),
        sequenceNumber: u64(34),
        ticks: u64(42),
        baseLots: u64(50),
        baseLotsLeft: u64(58),
      };
    case 3:
      return {
        kind: 'place',
        index,
        sequenceNumber: u64(2),
        clientOrderId: u128(10),
        ticks: u64(26),
        baseLots: u64(34),
      };
    case 4:
      return {
        kind: 'reduce',
        index,
        sequenceNumber: u64(2),
        ticks: u64(10),
        baseLots: u64(18),
        baseLotsLeft: u64(26),
      };
    case 6:
      return {
        kind: 'fill-summary',
        index,
        clientOrderId: u128(2),
        baseLots: u64(18),
        quoteLots: u64(26),
        feeQuoteLots: u64(34),
      };
    case 7:
      return { kind: 'fee', index, collectedQuoteLots: u64(2) };
    case 8:
      return {
        kind: 'time-in-force',
        index,
        sequenceNumber: u64(2),
        lastValidSlot: u64(10),
        lastValidUnixTimestamp: u64(18),
      };
    default:
      return {
        kind: tag === 5 ? 'evict' : 'expire',
        index,
        maker: addressAt(data, at + 2),
        sequenceNumber: u64(34),
        ticks: u64(42),
        baseLots: u64(50),
      };
  }
}

/** The fills of a log of the market that `facts` are of. A bid was filled by a sale: its sequence number is inverted. */
export function tradesOf(log: EventLog, facts: MarketFacts): readonly Trade[] {
  const trades: Trade[] = [];
  for (const event of log.events) {
    if (event.kind !== 'fill') continue;
    const { ticks, baseLots, maker } = event;
    trades.push({
      market: log.market,
      slot: log.slot,
      unixTimestamp: log.unixTimestamp,
      side: event.sequenceNumber >> 63n === 1n ? 'sell' : 'buy',
      taker: log.signer,
      maker,
      ticks,
      priceAtoms: ticks * facts.tickAtoms,
      baseAmount: baseLots * facts.baseLotSize,
      quoteAmount: ticks * baseLots * facts.quoteLotsPerTickLot * facts.quoteLotSize,
    });
  }
  return trades;
}
