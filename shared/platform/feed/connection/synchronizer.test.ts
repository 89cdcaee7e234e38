import { expect, it } from 'vitest';
import { type Address, addressAt, TOKEN_PROGRAM } from '../../../core/address.ts';
import { createRandom } from '../../../core/random.ts';
import type { RpcClient } from '../../rpc/rpc-client.ts';
import { createStreamCounters } from '../stream-counters.ts';
import { SlotWatch } from './slot-watch.ts';
import type { SubscriptionBook } from './subscription-book.ts';
import { createSynchronizer, type StreamSession } from './synchronizer.ts';

const ACCOUNT = addressAt(new Uint8Array(32).fill(7));
const BYTES = { owner: TOKEN_PROGRAM, lamports: 1n, data: new Uint8Array(8) };

/** A synchronizer of one account, its HTTP side at `http.slot`; `onAsked` runs while an answer is on its way. */
function setUp(http: { slot: number; floor: number; onAsked?: () => void; begun?: number }) {
  const told: number[] = [];
  const failures: string[] = [];
  const asked: (string | undefined)[] = [];
  const rpc = {
    getSlot: async ({ only }: { only?: string }) => {
      asked.push(only);
      return http.slot;
    },
    getMultipleAccounts: async (addresses: readonly Address[]) => {
      const { slot } = http;
      http.onAsked?.();
      return { slot, accounts: addresses.map(() => BYTES) };
    },
  } as unknown as RpcClient;
  const counters = createStreamCounters();
  const book = {
    isSettled: true,
    isSubscribed: () => true,
    isWatched: () => true,
    addresses: () => [ACCOUNT],
  } as unknown as SubscriptionBook;
  const session: StreamSession = {
    connection: { send() {}, drop() {}, close: () => Promise.resolve() },
    abort: new AbortController(),
    attempts: 0,
    synchronizing: false,
    again: false,
    mustHear: false,
    disagreements: 0,
  };
  const synchronizer = createSynchronizer({
    rpc,
    commitment: 'processed',
    sizeOf: () => undefined,
    floorOf: () => http.floor,
    mayBe: (slot) => slot <= (http.begun ?? Number.POSITIVE_INFINITY),
    ownEndpoint: 'own',
    clockProblem: () => '',
    heartbeat: () => -1,
    random: createRandom('synchronizer'),
    backoff: { minMs: 1, baseMs: 1, capMs: 2 },
    host: 'node',
    slotMicros: () => 400_000,
    maxSlotLag: 2,
    book,
    slots: new SlotWatch(counters, () => 400_000),
    counters,
    log: () => {},
    isLive: () => true,
    onSnapshot: () => {},
    onProgress: () => {},
    onFailure: (reason) => failures.push(reason),
    onHttpSlot: () => {},
    onDisagreement: () => {},
    onAccount: (_, slot) => told.push(slot),
  });
  return { synchronizer, session, told, failures, asked };
}

it('takes no answer of a slot before what was told while it was on its way', async () => {
  const http = {
    slot: 100,
    floor: -1,
    onAsked() {
      // Another connection told slot 103, and was lost.
      http.floor = 103;
      http.slot++;
    },
  };
  const { synchronizer, session, told, failures } = setUp(http);
  expect(await synchronizer.run(session)).toBe(true);
  expect(told).toEqual([103]);
  expect(failures[0]).toBe('HTTP answers as of slot 100, and slot 103 was told');
});

it('takes no answer of a slot that nobody has heard of, and asks the endpoint of its own connection', async () => {
  const onAsked = (): void => {
    http.slot = 105;
  };
  const http = { slot: 140, floor: -1, begun: 110, onAsked };
  const { synchronizer, session, told, failures, asked } = setUp(http);
  expect(await synchronizer.run(session)).toBe(true);
  expect(told).toEqual([105]);
  expect(failures).toEqual(['HTTP answers as of slot 140, which has not begun']);
  expect(asked).toEqual([undefined, 'own']);
});

it('is not held up by a slot that cannot have been', async () => {
  const { synchronizer, session, told } = setUp({ slot: 100, floor: 1_000_000 });
  expect(await synchronizer.run(session)).toBe(true);
  expect(told).toEqual([100]);
});
