import { type Address, addressBytes } from '../../core/address.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { writeDelta } from './account-delta.ts';
import { ByteWriter } from './byte-writer.ts';
import { toJsonText } from './event-json.ts';
import {
  BYTES_CHANGED,
  BYTES_WHOLE,
  FRAME_ACCOUNT,
  FRAME_JSON,
  FRAME_MARK,
  FRAME_NO_ACCOUNT,
  FRAME_SLOT,
} from './format.ts';

type AccountEvent = Extract<MarketEvent, { kind: 'account' }>;
type SlotEvent = Extract<MarketEvent, { kind: 'slot' }>;

/** What was decided up to an event, for a replay to compare itself with. */
export interface Mark {
  /** Number of the event after which it stands. */
  readonly event: number;
  /** Lines of the decision log, and their SHA-256 in hex. */
  readonly lines: number;
  readonly decisionsHash: string;
}

/** Turns events into the frames of one block after another. Frames refer only to what stands in the same block. */
export interface EventEncoder {
  /** Frames written since the block began, and their bytes. */
  readonly events: number;
  readonly bytes: number;
  /** Appends the event. Throws `recording-not-plain` for one that JSON cannot hold. */
  add(event: MarketEvent): void;
  mark(mark: Mark): void;
  /** The frames of the block; the next event begins another one in `buffer`. */
  take(buffer: Uint8Array): Uint8Array;
}

/** An address, owner or endpoint: its number in the block that it was last written in. */
interface Known {
  readonly bytes: Uint8Array;
  block: number;
  index: number;
  /** The account's bytes in that block, which the next ones are told as a change of. */
  data: Uint8Array | undefined;
}

/** Addresses remembered over all blocks: base58 is decoded once for each. */
const MAX_KNOWN = 200_000;
/** All of an account's frame but its data: length, kind, time, three references with their bytes, slot, lamports. */
const FRAME_ROOM = 512;
const MAX_ENDPOINT_BYTES = 255;
/** Below this, telling what changed saves nothing. */
const SMALL_BYTES = 48;

export function createEventEncoder(buffer: Uint8Array): EventEncoder {
  let writer = new ByteWriter(buffer);
  let events = 0;
  let block = 1;
  const accounts = createNames();
  const owners = createNames();
  const endpoints = createNames();

  function begin(kind: number, atMicros: number): number {
    writer.reserve(FRAME_ROOM);
    const at = writer.length;
    writer.length += 4;
    writer.u8(kind);
    writer.f64(atMicros);
    return at;
  }

  function end(at: number): void {
    writer.u32At(at, writer.length - at - 4);
    events += 1;
  }

  /** 0 and the bytes when the block has not had it yet, else its number from 1. */
  function refer(names: Names, known: Known): boolean {
    if (known.block === block) {
      writer.varint(known.index + 1);
      return false;
    }
    known.block = block;
    known.index = names.count++;
    known.data = undefined;
    writer.u8(0);
    writer.raw(known.bytes);
    return true;
  }

  function addAccount(event: AccountEvent): void {
    const { address, slot, account } = event.update;
    const at = begin(account === null ? FRAME_NO_ACCOUNT : FRAME_ACCOUNT, event.atMicros);
    const known = knownAddress(accounts, address);
    refer(accounts, known);
    endpoint(event.endpoint);
    writer.varint(slot);
    if (account !== null) {
      refer(owners, knownAddress(owners, account.owner));
      writer.u64(account.lamports);
      addBytes(known, account.data);
    }
    end(at);
  }

  function addBytes(known: Known, data: Uint8Array): void {
    const before = known.data;
    known.data = data;
    if (before === undefined || before.length !== data.length || data.length < SMALL_BYTES) {
      writer.u8(BYTES_WHOLE);
      writer.varint(data.length);
      writer.reserve(data.length);
      writer.raw(data);
      return;
    }
    writer.u8(BYTES_CHANGED);
    if (before === data) {
      writer.u32At(writer.length, 0);
      writer.length += 4;
    } else writeDelta(writer, before, data);
  }

  /** 0: none; 1: new, its length and bytes; else its number from 2. */
  function endpoint(name: string | undefined): void {
    if (name === undefined) {
      writer.u8(0);
      return;
    }
    const known =
      endpoints.of.get(name) ?? remember(endpoints, name, Buffer.from(name).subarray(0, MAX_ENDPOINT_BYTES));
    if (known.block === block) {
      writer.varint(known.index + 2);
      return;
    }
    known.block = block;
    known.index = endpoints.count++;
    writer.u8(1);
    writer.u8(known.bytes.length);
    writer.raw(known.bytes);
  }

  function addSlot(event: SlotEvent): void {
    const at = begin(FRAME_SLOT, event.atMicros);
    writer.varint(event.slot);
    writer.varint(event.parent);
    end(at);
  }

  function addJson(event: MarketEvent): void {
    const text = Buffer.from(toJsonText(event));
    const at = begin(FRAME_JSON, event.atMicros);
    writer.reserve(text.length);
    writer.raw(text);
    end(at);
  }

  return {
    get events() {
      return events;
    },
    get bytes() {
      return writer.length;
    },
    add(event) {
      if (event.kind === 'account') addAccount(event);
      else if (event.kind === 'slot' && isPlainSlot(event)) addSlot(event);
      else addJson(event);
    },
    mark({ event, lines, decisionsHash }) {
      const at = begin(FRAME_MARK, 0);
      writer.varint(event);
      writer.varint(lines);
      writer.raw(Buffer.from(decisionsHash, 'hex'));
      end(at);
      // A mark is no event.
      events -= 1;
    },
    take(next) {
      const frames = writer.bytes.subarray(0, writer.length);
      writer = new ByteWriter(next);
      events = 0;
      block += 1;
      for (const names of [accounts, owners, endpoints]) {
        names.count = 0;
        if (names.of.size > MAX_KNOWN) names.of.clear();
      }
      return frames;
    },
  };
}

interface Names {
  readonly of: Map<string, Known>;
  /** How many have a number in this block. */
  count: number;
}

function createNames(): Names {
  return { of: new Map(), count: 0 };
}

function knownAddress(names: Names, address: Address): Known {
  return names.of.get(address) ?? remember(names, address, addressBytes(address));
}

function remember(names: Names, name: string, bytes: Uint8Array): Known {
  const known: Known = { bytes, block: 0, index: 0, data: undefined };
  names.of.set(name, known);
  return known;
}

const SLOT_KEYS: ReadonlySet<string> = new Set(['kind', 'atMicros', 'slot', 'parent']);

/** A slot that says more than the binary frame holds goes as JSON, and so does one that counts below 0. */
function isPlainSlot(event: SlotEvent): boolean {
  if (!(event.slot >= 0 && event.parent >= 0)) return false;
  for (const key in event) if (!SLOT_KEYS.has(key)) return false;
  return true;
}

// A field that an account event gains must gain its place in the frame: this line stops compiling until it has.
type AccountEventKeys = 'kind' | 'atMicros' | 'update' | 'endpoint';
const COVERED: Exclude<keyof AccountEvent, AccountEventKeys> extends never ? true : false = true;
void COVERED;
