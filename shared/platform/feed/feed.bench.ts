import type { Bench } from '../../bench/harness.ts';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { createManualClock } from '../../core/clock.ts';
import { createRandom } from '../../core/random.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { createMarket, type Market } from '../../market/market.ts';
import { createBank } from '../../sim/chain/bank.ts';
import { LOCAL_RULES } from '../../sim/chain/local-rules.ts';
import { createGeneratedMarket } from '../../sim/markets/generated-market.ts';
import { createGeneratedTrades } from '../../sim/markets/generated-trades.ts';
import type { SimMarket } from '../../sim/markets/sim-market.ts';
import { startLocalNode } from '../../sim/wire/node.ts';
import { venueById } from '../../venues/registry.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createRpcClient } from '../rpc/rpc-client.ts';
import { type AccountStream, createAccountStream } from './account-stream.ts';
import { ConflatingQueue } from './conflating-queue.ts';
import { AccountTrack } from './trust/account-track.ts';
import { FrameDecoder } from './wire/frame.ts';

const MARKET = { pools: 1_000, mints: 200, seed: 'feed bench' };
const TRADED_SLOTS = 20;
const HEAD = '{"jsonrpc":"2.0","method":"accountNotification","params":{"result":{"context":{"slot":';

/** 1,000 pools of all venues: every frame of strangers' swaps through the decoder, the stream's books and the market. */
export const benches: readonly Bench[] = [
  {
    name: 'feed.apply',
    unit: 'frames/s',
    run(harness) {
      const generated = createGeneratedMarket(MARKET);
      const { frames, addresses } = framesOf(generated);
      const market = loadedMarket(generated);
      const decoder = new FrameDecoder();
      const tracks = addresses.map((address) => {
        const track = new AccountTrack(address);
        track.confirm(0, null, 'node');
        return track;
      });
      const queue = new ConflatingQueue({
        clock: createManualClock(0),
        onEvent: (event) => {
          if (event.kind === 'account') market.apply(event.update);
        },
        onOverflow: () => {},
      });
      let slot = generated.clock.slot + 1;
      let next = 0;
      const step = (): void => {
        const frame = frames[next]!;
        writeSlot(frame, slot);
        if (decoder.decode(frame) !== 'account') throw new Error(`bad frame: ${decoder.problem}`);
        const track = tracks[Number(decoder.subscription)]!;
        const fate = track.take(0, decoder.slot, decoder.account, 'node', 0, 'at-once');
        if (fate === 'told') {
          const update = { address: track.address, slot: decoder.slot, account: decoder.account };
          queue.push({ kind: 'account', atMicros: 0, update, endpoint: 'node' });
        }
        if (++next < frames.length) return;
        next = 0;
        slot++;
      };
      const value = harness.throughput((turns) => {
        for (let i = 0; i < turns; i++) step();
      });
      const latency = harness.latency(step);
      const live = market.pools.filter((pool) => pool.status === 'live').length;
      harness.note(`${live} of ${market.pools.length} pools live, ${frames.length} frames of their swaps`);
      return { value, ...latency, baseline: { name: 'JSON.parse and load', value: rebuildRate(harness) } };
    },
  },
  reconnectBench('feed.reconnect', 'one WebSocket', 4, 1),
];

/** What a program without this stream does: parse the frame as JSON and load the pool anew. */
function rebuildRate(harness: Parameters<Bench['run']>[0]): number {
  const generated = createGeneratedMarket(MARKET);
  const { frames, addresses } = framesOf(generated);
  const market = loadedMarket(generated);
  const accounts = new Map<Address, AccountBytes | null>(
    generated.accounts.map(({ address, account }) => [address, account]),
  );
  let next = 0;
  return harness.throughput((turns) => {
    for (let i = 0; i < turns; i++) {
      const { params } = JSON.parse(frames[next]!.toString('utf8'));
      const { data, owner, lamports } = params.result.value;
      const address = addresses[params.subscription]!;
      accounts.set(address, {
        owner,
        lamports: BigInt(lamports),
        data: new Uint8Array(Buffer.from(data[0], 'base64')),
      });
      const pool = market.firstUser(address);
      if (pool !== undefined)
        harness.keep(pool.venue.load(pool.address, (each) => accounts.get(each) ?? null));
      next = (next + 1) % frames.length;
    }
  });
}

function framesOf(generated: SimMarket): { frames: Buffer[]; addresses: Address[] } {
  const trades = createGeneratedTrades({ market: generated, seed: 'feed bench' });
  const ids = new Map<Address, number>();
  const frames: Buffer[] = [];
  for (let i = 0; i < TRADED_SLOTS; i++) {
    for (const { address, account, slot } of trades.nextSlot().updates) {
      if (account === null) continue;
      const id = ids.get(address) ?? ids.size;
      ids.set(address, id);
      frames.push(frameOf(id, slot, account));
    }
  }
  return { frames, addresses: [...ids.keys()] };
}

function frameOf(id: number, slot: number, { data, lamports, owner }: AccountBytes): Buffer {
  const bytes = Buffer.from(data).toString('base64');
  const value = `{"lamports":${lamports},"data":["${bytes}","base64"],"owner":"${owner}","executable":false,"rentEpoch":18446744073709551615,"space":${data.length}}`;
  return Buffer.from(`${HEAD}${slot}},"value":${value}},"subscription":${id}}}`);
}

/** The same frame of a later slot: as many digits. */
function writeSlot(frame: Buffer, slot: number): void {
  let rest = slot;
  for (let at = HEAD.length + 8; at >= HEAD.length; at--) {
    frame[at] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function loadedMarket(generated: SimMarket): Market {
  const market = createMarket({ rules: LOCAL_RULES });
  const accounts = new Map(generated.accounts.map(({ address, account }) => [address, account]));
  for (const { venue: id, address } of generated.pools) {
    const venue = venueById(id);
    if (venue !== undefined) market.addPool(venue, address);
  }
  const { slot } = generated.clock;
  for (let wanted = market.takeSubscriptions().watch; wanted.length > 0; ) {
    for (const address of wanted) market.apply({ address, slot, account: accounts.get(address) ?? null });
    wanted = market.takeSubscriptions().watch;
  }
  market.setLive(true);
  return market;
}

/** From a cut of every connection to all accounts of 1,000 pools confirmed again, against a node in this process. */
function reconnectBench(name: string, baseline: string, connections: number, alone: number): Bench {
  return {
    name,
    unit: 'ms to live',
    async run(harness) {
      const value = await timeReconnect(connections, harness.note);
      return { value, baseline: { name: baseline, value: await timeReconnect(alone, harness.note) } };
    },
  };
}

const ROUNDS = 3;

async function timeReconnect(connections: number, note: (text: string) => void): Promise<number> {
  const generated = createGeneratedMarket(MARKET);
  const { slot, unixTimestamp, epoch } = generated.clock;
  const bank = createBank({ startSlot: slot, startUnixTimestamp: unixTimestamp, epoch });
  for (const write of generated.accounts) bank.set(write);
  const node = await startLocalNode({ bank });
  const clock = createSystemClock();
  const random = createRandom('feed bench');
  const addresses = generated.accounts.map(({ address }) => address);
  const perConnection = Math.ceil(addresses.length / connections) + 2;
  let down: (() => void) | undefined;
  const onEvent = (event: MarketEvent): void => {
    if (event.kind === 'feed' && !event.live) down?.();
  };
  const stream: AccountStream = createAccountStream({
    endpoints: [
      {
        name: 'node',
        provider: 'generic',
        wsUrl: node.wsUrl,
        limits: { connections, subscriptionsPerConnection: perConnection },
      },
    ],
    rpc: createRpcClient({ url: node.rpcUrl, clock, random }),
    commitment: 'processed',
    clock,
    random,
    onEvent,
    log: () => {},
  });
  for (const address of addresses) stream.watch([address]);
  stream.start();
  const whole = async (): Promise<void> => {
    while (stream.status().confirmed < addresses.length)
      await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await whole();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const isDown = new Promise<void>((resolve) => {
      down = resolve;
    });
    const fromMs = performance.now();
    node.dropClients();
    await isDown;
    await whole();
    times.push(performance.now() - fromMs);
  }
  note(`${addresses.length} accounts of ${generated.pools.length} pools over ${connections} connections`);
  await stream.stop();
  await node.stop();
  return [...times].sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
}
