import { type Address, addressAt } from '../../core/address.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { applyDelta } from './account-delta.ts';
import { ByteReader, damaged } from './byte-reader.ts';
import { createByteSlabs, MAX_SHARED_BYTES } from './byte-slabs.ts';
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

/**
 * Reads the frames of one whole block after another. Account bytes stand in memory of their own: no two of them overlap,
 * and none lies in the block.
 */
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
  /** Nobody reads these bytes of the account any more: the memory may be written anew. @hot */
  recycle(address: Address, bytes: Uint8Array): void;
}

const MAX_KNOWN = 200_000;

export function createEventDecoder(): EventDecoder {
  /** Base58 by the 32 bytes as text: each address is encoded once, whatever block it stands in. */
  const texts = new Map<string, Address>();
  /** Every account of the blocks so far. */
  const toldOf = new Map<Address, Told>();
  const slabs = createByteSlabs();
  const accounts: Told[] = [];
  const owners: Address[] = [];
  const endpoints: string[] = [];
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

  /** The account referred to, which may be a new one. */
  function referAccount(): Told {
    const reference = reader.varint();
    if (reference > accounts.length) throw damaged(`the number ${reference} of ${accounts.length} accounts`);
    if (reference > 0) return accounts[reference - 1]!;
    const address = addressText();
    let told = toldOf.get(address);
    if (told === undefined) {
      if (toldOf.size > MAX_KNOWN) toldOf.clear();
      told = { address, data: undefined, spare: undefined };
      toldOf.set(address, told);
    }
    accounts.push(told);
    return told;
  }

  function memoryFor(told: Told, length: number): Uint8Array {
    const { spare } = told;
    if (spare?.length !== length) return slabs.allocate(length);
    told.spare = undefined;
    return spare;
  }

  function referOwner(): Address {
    const reference = reader.varint();
    if (reference > owners.length) throw damaged(`the number ${reference} of ${owners.length} owners`);
    if (reference > 0) return owners[reference - 1]!;
    const owner = addressText();
    owners.push(owner);
    return owner;
  }

  function endpoint(): string | undefined {
    const reference = reader.varint();
    if (reference === 0) return undefined;
    if (reference === 1) endpoints.push(Buffer.from(reader.raw(reader.u8())).toString());
    const name = endpoints[reference === 1 ? endpoints.length - 1 : reference - 2];
    if (name === undefined) throw damaged(`the number ${reference} of ${endpoints.length} endpoints`);
    return name;
  }

  function accountBytes(told: Told): Uint8Array {
    const form = reader.u8();
    if (form === BYTES_WHOLE) {
      const whole = reader.raw(reader.varint());
      const bytes = memoryFor(told, whole.length);
      bytes.set(whole);
      return bytes;
    }
    const before = told.data;
    if (form !== BYTES_CHANGED || before === undefined)
      throw damaged('a change of an account not told before');
    const bytes = memoryFor(told, before.length);
    bytes.set(before);
    applyDelta(reader, bytes);
    return bytes;
  }

  function account(exists: boolean, atMicros: number): MarketEvent {
    const told = referAccount();
    const { address } = told;
    const from = endpoint();
    const slot = reader.varint();
    if (!exists) return accountEvent(atMicros, { address, slot, account: null }, from);
    const owner = referOwner();
    const lamports = reader.u64();
    const data = accountBytes(told);
    told.data = data;
    return accountEvent(atMicros, { address, slot, account: { owner, lamports, data } }, from);
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
      for (const told of accounts) told.data = undefined;
      accounts.length = 0;
      owners.length = 0;
      endpoints.length = 0;
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
    recycle(address, bytes) {
      // A large array costs more to get, and to give back, than all else that is done with it: its pages are new each
      // time (`bench feed.replay-apply`). Small ones lie in slabs.
      if (bytes.length <= MAX_SHARED_BYTES) return;
      const told = toldOf.get(address);
      if (told !== undefined && told.data !== bytes) told.spare = bytes;
    },
  };
}

interface Told {
  readonly address: Address;
  /** The bytes that the next ones in this block are told as a change of. */
  data: Uint8Array | undefined;
  /** Memory that is free for the next ones. */
  spare: Uint8Array | undefined;
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
