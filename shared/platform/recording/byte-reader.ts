import { ArbError } from '../../core/errors.ts';

/** Reads what a ByteWriter wrote. Throws `recording-damaged` where the bytes end before the value does. @hot */
export class ByteReader {
  readonly bytes: Uint8Array;
  at = 0;
  /** Where the value that is read must end. */
  end: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    // A plain array: `slice` of a Buffer shares memory where that of a Uint8Array copies.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.end = bytes.length;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.bytes[this.skip(1)]!;
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.skip(8), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.skip(8), true);
  }

  varint(): number {
    const { at } = this;
    const first = at < this.end ? this.bytes[at]! : MORE;
    if (first < MORE) {
      this.at = at + 1;
      return first;
    }
    return this.#longVarint();
  }

  /** The next `length` bytes, without a copy. */
  raw(length: number): Uint8Array {
    const at = this.skip(length);
    return this.bytes.subarray(at, at + length);
  }

  /** Goes past the next `length` bytes: where they begin. */
  skip(length: number): number {
    const at = this.at;
    if (at + length > this.end) throw damaged(`${length} bytes at byte ${at}, which end at ${this.end}`);
    this.at = at + length;
    return at;
  }

  #longVarint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < MORE) break;
      scale *= 128;
    }
    if (!Number.isSafeInteger(value)) throw damaged(`a number of ${value} at byte ${this.at}`);
    return value;
  }
}

/** The bit of a varint's byte that says that another one follows. */
const MORE = 0x80;

/** What a reader says of bytes that passed their checksum and are still not what the format allows. */
export function damaged(what: string): ArbError {
  return new ArbError('recording-damaged', `a frame holds ${what}`);
}
