/** @hot One WebSocket frame to fields. The benchmark is `decode.<venue>` (frame.bench.ts). */
import type { AccountBytes } from '../../../core/account.ts';
import { AccountPayloadDecoder } from '../../rpc/account-payload.ts';
import { readJsonFrame } from './frame-json.ts';
import { type SubscriptionId, subscriptionId } from './subscription-id.ts';

export type FrameKind = 'account' | 'slot' | 'reply' | 'other' | 'bad';

/** What every account notification of an Agave node is made of, as bytes. */
const HEAD = bytes('{"jsonrpc":"2.0","method":"accountNotification","params":{"result":{"context":{"slot":');
const VALUE = bytes('},"value":{');
const DATA = bytes('"data":["');
const BASE64 = bytes('","base64"]');
const BASE64_ZSTD = bytes('","base64+zstd"]');
const LAMPORTS = bytes('"lamports":');
const OWNER = bytes('"owner":"');
const EXECUTABLE_FALSE = bytes('"executable":false');
const EXECUTABLE_TRUE = bytes('"executable":true');
const RENT_EPOCH = bytes('"rentEpoch":');
const SPACE = bytes('"space":');
const SUBSCRIPTION = bytes('}},"subscription":');
const END = bytes('}}');

const QUOTE = 34;
const COMMA = 44;
const SEEN_DATA = 1;
const SEEN_LAMPORTS = 2;
const SEEN_OWNER = 4;
const SEEN_EXECUTABLE = 8;
const SEEN_RENT_EPOCH = 16;
const SEEN_SPACE = 32;
const SEEN_NEEDED = SEEN_DATA | SEEN_LAMPORTS | SEEN_OWNER;

/**
 * Decodes frames one after another into its own fields, which hold until the next `decode`. Account notifications
 * in a node's usual wording are scanned in place (half the time of `JSON.parse` or less); the scanner accepts only
 * text that it has matched from the first to the last character, and anything else goes to `readJsonFrame`.
 */
export class FrameDecoder {
  readonly payloads = new AccountPayloadDecoder();
  /** Subscription of an account or slot notification; -1 when a bad frame did not tell. */
  subscription: SubscriptionId = -1;
  slot = 0;
  /** The slot that `slot` was built on (slot notifications). */
  parent = 0;
  /** What the account notification says; null: the account does not exist. */
  account: AccountBytes | null = null;
  /** Id of a reply to one of our requests. */
  replyId = 0;
  replyResult: unknown = undefined;
  replyErrorCode = 0;
  /** '' unless the reply is an error. */
  replyError = '';
  /** Why the frame is bad, or which method it names that nobody asked for. */
  problem = '';
  /** How many frames the scanner left to `JSON.parse`. */
  parsedFrames = 0;
  /** The last owner seen of each initial, as text and as bytes. */
  readonly #owners: string[] = new Array<string>(128).fill('');
  readonly #ownerBytes: Uint8Array[] = new Array<Uint8Array>(128).fill(new Uint8Array(0));
  #at = 0;

  decode(frame: Buffer): FrameKind {
    if (this.#scan(frame)) return 'account';
    this.parsedFrames++;
    return readJsonFrame(frame, this);
  }

  #scan(frame: Buffer): boolean {
    if (!matches(frame, 0, HEAD)) return false;
    this.#at = HEAD.length;
    const slot = this.#integer(frame);
    if (slot < 0 || !matches(frame, this.#at, VALUE)) return false;
    let at = this.#at + VALUE.length;
    let dataFrom = 0;
    let dataTo = 0;
    let encoding = 'base64';
    let lamportsFrom = 0;
    let lamportsTo = 0;
    let owner = '';
    let seen = 0;
    for (;;) {
      let member: number;
      if (matches(frame, at, DATA)) {
        member = SEEN_DATA;
        dataFrom = at + DATA.length;
        dataTo = frame.indexOf(QUOTE, dataFrom);
        if (matches(frame, dataTo, BASE64)) {
          at = dataTo + BASE64.length;
        } else if (matches(frame, dataTo, BASE64_ZSTD)) {
          encoding = 'base64+zstd';
          at = dataTo + BASE64_ZSTD.length;
        } else return false;
      } else if (matches(frame, at, LAMPORTS)) {
        member = SEEN_LAMPORTS;
        lamportsFrom = at + LAMPORTS.length;
        lamportsTo = digitsEnd(frame, lamportsFrom);
        at = lamportsTo;
      } else if (matches(frame, at, OWNER)) {
        member = SEEN_OWNER;
        const ownerFrom = at + OWNER.length;
        const ownerTo = frame.indexOf(QUOTE, ownerFrom);
        if (ownerTo < 0) return false;
        owner = this.#owner(frame, ownerFrom, ownerTo);
        at = ownerTo + 1;
      } else if (matches(frame, at, EXECUTABLE_FALSE)) {
        member = SEEN_EXECUTABLE;
        at += EXECUTABLE_FALSE.length;
      } else if (matches(frame, at, EXECUTABLE_TRUE)) {
        member = SEEN_EXECUTABLE;
        at += EXECUTABLE_TRUE.length;
      } else if (matches(frame, at, RENT_EPOCH)) {
        member = SEEN_RENT_EPOCH;
        at = digitsEnd(frame, at + RENT_EPOCH.length);
      } else if (matches(frame, at, SPACE)) {
        member = SEEN_SPACE;
        at = digitsEnd(frame, at + SPACE.length);
      } else return false;
      if (at < 0 || (seen & member) !== 0) return false;
      seen |= member;
      if (frame[at] !== COMMA) break;
      at++;
    }
    if ((seen & SEEN_NEEDED) !== SEEN_NEEDED || !matches(frame, at, SUBSCRIPTION)) return false;
    this.#at = at + SUBSCRIPTION.length;
    const subscription = this.#subscription(frame);
    if (subscription < 0 || this.#at + END.length !== frame.length || !matches(frame, this.#at, END))
      return false;
    // Through a number where that is exact: BigInt of a text costs ten times as much.
    const lamports =
      lamportsTo - lamportsFrom <= MAX_DIGITS
        ? BigInt(integerOf(frame, lamportsFrom, lamportsTo))
        : BigInt(frame.toString('latin1', lamportsFrom, lamportsTo));
    const data = frame.toString('latin1', dataFrom, dataTo);
    const account = this.payloads.decode(data, encoding, lamports, owner);
    if (account === undefined) return false;
    this.account = account;
    this.slot = slot;
    this.subscription = subscription;
    return true;
  }

  /** The integer of at most 15 digits at the cursor, which moves past it; -1 when there is none. */
  #integer(frame: Uint8Array): number {
    const from = this.#at;
    const to = digitsEnd(frame, from);
    if (to < 0 || to - from > MAX_DIGITS) return -1;
    this.#at = to;
    return integerOf(frame, from, to);
  }

  /** A u64 at the cursor, which moves past it; -1 when there is none. */
  #subscription(frame: Buffer): SubscriptionId {
    const from = this.#at;
    const to = digitsEnd(frame, from);
    if (to - from <= MAX_DIGITS) return this.#integer(frame);
    this.#at = to;
    return subscriptionId(frame.toString('latin1', from, to)) ?? -1;
  }

  /** The owner's text; a new string only where it is not the last one of its initial. */
  #owner(frame: Buffer, from: number, to: number): string {
    const initial = frame[from]! & 127;
    const known = this.#ownerBytes[initial]!;
    if (known.length === to - from && matches(frame, from, known)) return this.#owners[initial]!;
    const owner = frame.toString('latin1', from, to);
    this.#owners[initial] = owner;
    this.#ownerBytes[initial] = new Uint8Array(frame.subarray(from, to));
    return owner;
  }
}

/** Digits that a number holds exactly. */
const MAX_DIGITS = 15;

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** True when `literal` stands at `at`. Past the end, and before the start, nothing does. */
function matches(frame: Uint8Array, at: number, literal: Uint8Array): boolean {
  const length = literal.length;
  // Checked first: reading outside an array, even once, makes the loop twice as slow.
  if (at < 0 || at + length > frame.length) return false;
  for (let i = 0; i < length; i++) if (frame[at + i] !== literal[i]) return false;
  return true;
}

/** Where the digits that begin at `from` end; -1 when there are none or JSON forbids them (a leading zero). */
function digitsEnd(frame: Uint8Array, from: number): number {
  const length = frame.length;
  let at = from;
  while (at < length && frame[at]! >= 48 && frame[at]! <= 57) at++;
  if (at === from || (at - from > 1 && frame[from] === 48)) return -1;
  return at;
}

function integerOf(frame: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value = value * 10 + frame[i]! - 48;
  return value;
}
