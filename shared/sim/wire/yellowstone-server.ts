import { Metadata, Server, ServerCredentials, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { AccountWrite } from '../../core/account.ts';
import { type Address, addressBytes, isAddress } from '../../core/address.ts';
import {
  type GeyserRequest,
  type GeyserUpdate,
  geyserService,
} from '../../platform/feed/wire/yellowstone/service.ts';
import type { Bank, DroppedBlock, SlotAdvance } from '../chain/bank.ts';

const HOST = '127.0.0.1';

type Stream = ServerDuplexStream<GeyserRequest, GeyserUpdate>;

interface Subscriber {
  readonly stream: Stream;
  accounts: ReadonlyMap<Address, string>;
  slots: readonly string[];
}

export interface YellowstoneServerOptions {
  readonly bank: Bank;
  /** What clients must send as `x-token`; none is asked for without it. */
  readonly token?: string;
}

export interface StreamRefusal {
  readonly code: status;
  readonly details: string;
  /** Sent as the trailer `retry-after`. */
  readonly retryAfterSeconds?: number;
}

export interface YellowstoneServer {
  /** `http://127.0.0.1:PORT`: plain gRPC. */
  readonly grpcUrl: string;
  readonly streams: number;
  /** Streams that were asked for since the start, refused ones among them. */
  readonly asked: number;
  /** Ends every open stream with UNAVAILABLE; the server takes new ones. */
  cutAll(): void;
  /** While true nothing is told, on streams that stay open. */
  silent: boolean;
  /** What is not told though all else is, pongs among it. */
  withheld: 'accounts' | 'slots' | 'none';
  /** Streams that may be open at once by the plan; a further one is refused. */
  maxStreams: number;
  /** Accounts that one stream may ask for by its plan; a request for more ends it, as the service does. */
  maxAccounts: number;
  /** While there is one every new stream is refused so: a limit, with how long to stay away in seconds. */
  refusal: StreamRefusal | undefined;
  stop(): Promise<void>;
}

/** The Yellowstone gRPC interface over a bank, at `processed`: account writes, slots, pings; a request replaces the one before. */
export async function startYellowstoneServer(options: YellowstoneServerOptions): Promise<YellowstoneServer> {
  const { bank, token } = options;
  const subscribers = new Set<Subscriber>();
  let writeVersion = 0n;
  let silent = false;
  let refusal: StreamRefusal | undefined;
  let asked = 0;
  let withheld: YellowstoneServer['withheld'] = 'none';
  let maxStreams = Number.POSITIVE_INFINITY;
  let maxAccounts = Number.POSITIVE_INFINITY;

  function subscribe(stream: Stream): void {
    asked++;
    if (refusal !== undefined) {
      const { code, details, retryAfterSeconds } = refusal;
      const metadata = new Metadata();
      if (retryAfterSeconds !== undefined) metadata.set('retry-after', String(retryAfterSeconds));
      stream.emit('error', { code, details, metadata });
      return;
    }
    if (token !== undefined && stream.metadata.get('x-token')[0] !== token) {
      stream.emit('error', { code: status.UNAUTHENTICATED, details: 'no valid auth token' });
      return;
    }
    if (subscribers.size >= maxStreams) {
      const details = `Max concurrent streams of your plan reached (${maxStreams})`;
      stream.emit('error', { code: status.RESOURCE_EXHAUSTED, details });
      return;
    }
    const subscriber: Subscriber = { stream, accounts: new Map(), slots: [] };
    subscribers.add(subscriber);
    const leave = (): void => void subscribers.delete(subscriber);
    stream.on('data', (request: GeyserRequest) => {
      const problem = take(subscriber, request);
      if (problem !== '') stream.emit('error', { code: status.INVALID_ARGUMENT, details: problem });
    });
    stream.on('end', () => {
      leave();
      stream.end();
    });
    stream.on('cancelled', leave);
    stream.on('error', leave);
  }

  function take(subscriber: Subscriber, request: GeyserRequest): string {
    const { ping } = request;
    if (ping !== undefined && ping !== null) {
      if (!silent) subscriber.stream.write({ pong: { id: ping.id } });
      if (Object.keys(request.accounts ?? {}).length + Object.keys(request.slots ?? {}).length === 0)
        return '';
    }
    const accounts = new Map<Address, string>();
    for (const [filter, { account }] of Object.entries(request.accounts ?? {})) {
      for (const address of account) {
        if (!isAddress(address)) return `Invalid Base58 string: ${address}`;
        accounts.set(address, filter);
      }
    }
    if (accounts.size > maxAccounts)
      return `failed to create filter: Max amount of filters/pubkeys reached, only ${maxAccounts} allowed`;
    subscriber.accounts = accounts;
    subscriber.slots = Object.keys(request.slots ?? {});
    return '';
  }

  function tellAccount(
    { stream, accounts }: Subscriber,
    slot: number,
    { address, account }: AccountWrite,
  ): void {
    const filter = accounts.get(address);
    if (filter === undefined || withheld === 'accounts') return;
    stream.write({
      filters: [filter],
      account: {
        slot: String(slot),
        account: {
          pubkey: Buffer.from(addressBytes(address)),
          lamports: String(account.lamports),
          owner: Buffer.from(addressBytes(account.owner)),
          data: Buffer.from(account.data),
          writeVersion: String(writeVersion),
        },
      },
    } as GeyserUpdate);
  }

  function onSlot({ slot, parent, changed }: SlotAdvance): void {
    if (silent || parent <= bank.startSlot) return;
    // What only a given-up block wrote is what it was before: nobody writes it, so nobody is told.
    const block = bank.at(parent);
    tellWrites(
      parent,
      changed.filter(({ address }) => block.slotOf(address) === parent),
    );
    tellSlot(parent, parent - 1, 'SLOT_PROCESSED');
    tellSlot(slot, parent, 'SLOT_CREATED_BANK');
  }

  /** Writes are told as they happen, those of a block that is given up too; then the slot's next bank begins. */
  function onDropped({ slot, changed }: DroppedBlock): void {
    if (silent) return;
    tellWrites(slot, changed);
    tellSlot(slot, slot - 1, 'SLOT_CREATED_BANK');
  }

  function tellWrites(slot: number, writes: readonly AccountWrite[]): void {
    for (const write of writes) {
      writeVersion += 1n;
      for (const subscriber of subscribers) tellAccount(subscriber, slot, write);
    }
  }

  function tellSlot(slot: number, parent: number, stage: string): void {
    if (withheld === 'slots') return;
    for (const { stream, slots } of subscribers) {
      if (slots.length === 0) continue;
      const told = { slot: String(slot), parent: String(parent), status: stage };
      stream.write({ filters: slots, slot: told } as GeyserUpdate);
    }
  }

  const server = new Server();
  server.addService(geyserService().definition, {
    Subscribe: subscribe,
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${HOST}:0`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const stopSlots = bank.onSlot(onSlot);
  const stopDropped = bank.onDropped(onDropped);

  function cutAll(): void {
    for (const { stream } of subscribers) stream.emit('error', { code: status.UNAVAILABLE, details: 'cut' });
    subscribers.clear();
  }

  return {
    grpcUrl: `http://${HOST}:${port}`,
    get streams() {
      return subscribers.size;
    },
    get asked() {
      return asked;
    },
    get withheld() {
      return withheld;
    },
    set withheld(next) {
      withheld = next;
    },
    get maxStreams() {
      return maxStreams;
    },
    set maxStreams(next) {
      maxStreams = next;
    },
    get maxAccounts() {
      return maxAccounts;
    },
    set maxAccounts(next) {
      maxAccounts = next;
    },
    get refusal() {
      return refusal;
    },
    set refusal(next) {
      refusal = next;
    },
    cutAll,
    get silent() {
      return silent;
    },
    set silent(next) {
      silent = next;
    },
    async stop() {
      stopSlots();
      stopDropped();
      cutAll();
      server.forceShutdown();
    },
  };
}
