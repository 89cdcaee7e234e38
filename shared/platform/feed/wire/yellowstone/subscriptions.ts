import type { AccountBytes } from '../../../../core/account.ts';
import { ADDRESS_BYTES, type Address, addressAt } from '../../../../core/address.ts';
import { U64_MAX } from '../../../../core/units.ts';
import { MAX_ACCOUNT_BYTES } from '../../../rpc/account-payload.ts';
import type { Commitment } from '../../../rpc/rpc-client.ts';
import type { FrameKind } from '../frame.ts';
import type { StreamMessage, StreamRequest } from '../stream-transport.ts';
import type { GeyserAccount, GeyserRequest, GeyserUpdate } from './service.ts';

export interface YellowstoneSubscriptionsOptions {
  readonly commitment: Commitment;
  readonly write: (request: GeyserRequest) => void;
  readonly onMessage: (kind: FrameKind, message: StreamMessage, bytes: number) => void;
}

interface Ask {
  readonly requestId: number;
  readonly result: number | true;
}

/** Asks of one written request, until the node has said that it has it and a slot has passed since. */
interface Flush {
  readonly pingId: number;
  readonly asks: readonly Ask[];
  ponged: boolean;
}

/** Of the slots, and of accounts from then on. */
const SLOTS_ID = 0;
/** Roughly what an update weighs besides the account's data. */
const UPDATE_BYTES = 140;
const MAX_OWNERS = 4_096;

/**
 * Subscriptions as JSON-RPC has them over one Yellowstone stream, where a request replaces the one before as a whole.
 * What is asked for in one turn goes out as one request and a ping; it counts as subscribed at the first slot after the
 * pong, for only then has everything that the filter lets through come with certainty.
 *
 * @hot `take` of an account.
 */
export class YellowstoneSubscriptions implements StreamMessage {
  subscription = -1;
  slot = 0;
  parent = 0;
  account: AccountBytes | null = null;
  replyId = 0;
  replyResult: unknown = undefined;
  readonly replyErrorCode = 0;
  readonly replyError = '';
  problem = '';
  readonly #options: YellowstoneSubscriptionsOptions;
  readonly #ids = new Map<Address, number>();
  /** By the 32 bytes of the address as latin1 text: no base58 for an update. */
  readonly #byKey = new Map<string, number>();
  readonly #owners = new Map<string, Address>();
  #wantsSlots = false;
  #lastId = SLOTS_ID;
  #lastPing = 0;
  #asks: Ask[] = [];
  #flushes: Flush[] = [];
  #isDue = false;

  constructor(options: YellowstoneSubscriptionsOptions) {
    this.#options = options;
  }

  ask({ id, method, params }: StreamRequest): void {
    let result: number | true = true;
    if (method === 'slotSubscribe') {
      this.#wantsSlots = true;
      result = SLOTS_ID;
    } else if (method === 'accountSubscribe') {
      result = this.#idOf(params[0] as Address);
    } else if (method === 'slotUnsubscribe') {
      this.#wantsSlots = false;
    } else {
      this.#forget(params[0] as number);
    }
    this.#asks.push({ requestId: id, result });
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => this.#flush());
  }

  /** Asks the node for a sign of life. */
  ping(): void {
    this.#options.write({ ping: { id: ++this.#lastPing } });
  }

  /** One update of the stream, told on as what it means. */
  take(update: GeyserUpdate): void {
    const { account, slot, pong } = update;
    switch (update.updateOneof) {
      case 'account':
        this.#takeAccount(account?.account ?? undefined, account?.slot);
        break;
      case 'slot':
        this.#takeSlot(slot?.slot, slot?.parent, slot?.status);
        break;
      case 'pong':
        for (const flush of this.#flushes) if (flush.pingId <= (pong?.id ?? 0)) flush.ponged = true;
        break;
      case 'ping':
        // Whoever does not answer is cut off by the proxies in between.
        this.ping();
        break;
      default:
        this.problem = `update ${String(update.updateOneof).slice(0, 64)} that nobody asked for`;
        this.#tell('other', 0);
    }
  }

  #idOf(address: Address): number {
    const known = this.#ids.get(address);
    if (known !== undefined) return known;
    const id = ++this.#lastId;
    this.#ids.set(address, id);
    return id;
  }

  #forget(id: number): void {
    for (const [address, known] of this.#ids) if (known === id) this.#ids.delete(address);
    for (const [key, known] of this.#byKey) if (known === id) this.#byKey.delete(key);
  }

  #flush(): void {
    this.#isDue = false;
    const { commitment, write } = this.#options;
    write({
      accounts: this.#ids.size === 0 ? {} : { accounts: { account: [...this.#ids.keys()] } },
      slots: this.#wantsSlots ? { slots: { interslotUpdates: true } } : {},
      commitment: commitment.toUpperCase() as Uppercase<Commitment>,
    });
    this.ping();
    this.#flushes.push({ pingId: this.#lastPing, asks: this.#asks, ponged: false });
    this.#asks = [];
  }

  #takeSlot(slot: string | undefined, parent: string | undefined, status: string | undefined): void {
    // The moment that a WebSocket calls a slot: its bank stands on a finished parent. Other stages say nothing new.
    if (status !== 'SLOT_CREATED_BANK') return;
    const [at, on] = [slotOf(slot), slotOf(parent)];
    if (at === undefined || on === undefined) {
      this.#refuse('a slot update without slot and parent');
      return;
    }
    for (let first = this.#flushes[0]; first?.ponged === true; first = this.#flushes[0]) {
      this.#flushes.shift();
      for (const { requestId, result } of first.asks) {
        this.replyId = requestId;
        this.replyResult = result;
        this.#tell('reply', 0);
      }
    }
    this.slot = at;
    this.parent = on;
    this.#tell('slot', UPDATE_BYTES);
  }

  #takeAccount(info: GeyserAccount | undefined, slotText: string | undefined): void {
    const slot = slotOf(slotText);
    const lamports = info === undefined ? undefined : u64Of(info.lamports);
    if (info === undefined || slot === undefined || lamports === undefined) {
      this.#refuse('an account update without slot and account');
      return;
    }
    const subscription = this.#subscriptionOf(info.pubkey);
    if (subscription === undefined) {
      this.problem = 'an account that nobody asked for';
      this.#tell('other', UPDATE_BYTES + info.data.length);
      return;
    }
    const owner = this.#ownerOf(info.owner);
    if (owner === undefined || info.data.length > MAX_ACCOUNT_BYTES) {
      this.#refuse('an account with an owner that is no address, or longer than one can be');
      return;
    }
    this.subscription = subscription;
    this.slot = slot;
    // Copied: the message that it came in would be held as long as the account.
    this.account = lamports === 0n ? null : { owner, lamports, data: new Uint8Array(info.data) };
    this.#tell('account', UPDATE_BYTES + info.data.length);
  }

  #subscriptionOf(pubkey: Buffer): number | undefined {
    const key = pubkey.toString('latin1');
    const known = this.#byKey.get(key);
    if (known !== undefined || pubkey.length !== ADDRESS_BYTES) return known;
    const id = this.#ids.get(addressAt(pubkey));
    if (id !== undefined) this.#byKey.set(key, id);
    return id;
  }

  #ownerOf(bytes: Buffer): Address | undefined {
    const key = bytes.toString('latin1');
    const known = this.#owners.get(key);
    if (known !== undefined || bytes.length !== ADDRESS_BYTES) return known;
    // A sender that makes up owners must not fill the memory.
    if (this.#owners.size >= MAX_OWNERS) this.#owners.clear();
    const owner = addressAt(bytes);
    this.#owners.set(key, owner);
    return owner;
  }

  #refuse(problem: string): void {
    this.problem = problem;
    this.#tell('bad', UPDATE_BYTES);
  }

  #tell(kind: FrameKind, bytes: number): void {
    this.#options.onMessage(kind, this, bytes);
  }
}

function slotOf(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}

function u64Of(text: string): bigint | undefined {
  if (!/^\d{1,20}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value <= U64_MAX ? value : undefined;
}
