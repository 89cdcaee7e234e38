import { type Address, addressAt } from '../../core/address.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { readDelta } from './account-delta.ts';
import { ByteReader, damaged } from './byte-reader.ts';
import { checkedEvent } from './event-check.ts';
import type { Mark } from './event-encoder.ts';
import { fromJsonText } from './event-json.ts';
import {
  BYTES_CHANGED,
  BYTES_WHOLE,
  FRAME_ACCOUNT,
  FRAME_JSON,
  FRAME_MARK,
  FRAME_NO_ACCOUNT,
  FRAME_SLOT,
} from './format.ts';

/** Reads the frames of one whole block after another. Account bytes are arrays of their own, as a feed gives them. */
export interface EventDecoder {
  /** The last mark that was passed in this block. */
  readonly mark: Mark | undefined;
  /** Begins with the frames of another block. */
  open(frames: Uint8Array): void;
  /**
   * The next event, or undefined at the end of the block. Throws `recording-damaged` where a frame is not what the
   * format allows, and `recording-unknown-event` for an event of a kind that this version does not know.
   */
  next(): MarketEvent | undefined;
}

const MAX_KNOWN = 200_000;

export function createEventDecoder(): EventDecoder {
  /** Base58 by the 32 bytes as text: each address is encoded once, whatever block it stands in. */
  const texts = new Map<string, Address>();
  const addresses: Address[] = [];
  const owners: Address[] = [];
  const endpoints: string[] = [];
  const data: (Uint8Array | undefined)[] = [];
  let reader = new ByteReader(new Uint8Array(0));
  let latin: Buffer = Buffer.alloc(0);
  let mark: Mark | undefined;

  function addressText(): Address {
    const { at } = reader;
    reader.raw(32);
    const key = latin.toString('latin1', at, at + 32);
    const known = texts.get(key);
    if (known !== undefined) return known;
    if (texts.size > MAX_KNOWN) texts.clear();
    const text = addressAt(reader.bytes, at);
    texts.set(key, text);
    return text;
  }

  /** The index in `list` of the address referred to, which may be a new one. */
  function refer(list: Address[]): number {
    const reference = reader.varint();
    if (reference > list.length) throw damaged(`the number ${reference} of ${list.length} addresses`);
    if (reference === 0) return list.push(addressText()) - 1;
    return reference - 1;
  }

  function endpoint(): string | undefined {
    const reference = reader.varint();
    if (reference === 0) return undefined;
    if (reference === 1) endpoints.push(Buffer.from(reader.raw(reader.u8())).toString());
    const name = endpoints[reference === 1 ? endpoints.length - 1 : reference - 2];
    if (name === undefined) throw damaged(`the number ${reference} of ${endpoints.length} endpoints`);
    return name;
  }

  function accountBytes(index: number): Uint8Array {
    const form = reader.u8();
    const before = data[index];
    if (form === BYTES_WHOLE) return reader.raw(reader.varint()).slice();
    if (form !== BYTES_CHANGED || before === undefined)
      throw damaged('a change of an account not told before');
    return readDelta(reader, before);
  }

  function account(exists: boolean, atMicros: number): MarketEvent {
    const index = refer(addresses);
    const address = addresses[index]!;
    const from = endpoint();
    const slot = reader.varint();
    if (!exists) return accountEvent(atMicros, { address, slot, account: null }, from);
    const owner = owners[refer(owners)]!;
    const lamports = reader.u64();
    const bytes = accountBytes(index);
    data[index] = bytes;
    return accountEvent(atMicros, { address, slot, account: { owner, lamports, data: bytes } }, from);
  }

  /** Undefined for a frame that holds no event. */
  function frame(): MarketEvent | undefined {
    const kind = reader.u8();
    const atMicros = reader.f64();
    switch (kind) {
      case FRAME_ACCOUNT:
        return account(true, atMicros);
      case FRAME_NO_ACCOUNT:
        return account(false, atMicros);
      case FRAME_SLOT:
        return { kind: 'slot', atMicros, slot: reader.varint(), parent: reader.varint() };
      case FRAME_JSON:
        return checkedEvent(fromJsonText(Buffer.from(reader.raw(reader.end - reader.at)).toString()));
      case FRAME_MARK: {
        const [event, lines] = [reader.varint(), reader.varint()];
        mark = { event, lines, decisionsHash: Buffer.from(reader.raw(32)).toString('hex') };
        return undefined;
      }
      default:
        throw damaged(`the kind ${kind}`);
    }
  }

  return {
    get mark() {
      return mark;
    },
    open(frames) {
      addresses.length = 0;
      owners.length = 0;
      endpoints.length = 0;
      data.length = 0;
      mark = undefined;
      reader = new ByteReader(frames);
      latin = Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength);
    },
    next() {
      const { length } = reader.bytes;
      while (reader.at < length) {
        reader.end = length;
        const bytes = reader.u32();
        const end = reader.at + bytes;
        if (end > length) throw damaged(`${bytes} bytes where ${length - reader.at} are left`);
        reader.end = end;
        const event = frame();
        if (reader.at !== end) throw damaged(`${end - reader.at} bytes more than it should`);
        if (event !== undefined) return event;
      }
      return undefined;
    },
  };
}

type AccountEvent = Extract<MarketEvent, { kind: 'account' }>;

function accountEvent(
  atMicros: number,
  update: AccountEvent['update'],
  endpoint: string | undefined,
): AccountEvent {
  return endpoint === undefined
    ? { kind: 'account', atMicros, update }
    : { kind: 'account', atMicros, update, endpoint };
}
