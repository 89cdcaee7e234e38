import { expect, it } from 'vitest';
import { type Address, addressAt, TOKEN_PROGRAM } from '../../core/address.ts';
import { createManualClock } from '../../core/clock.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { ConflatingQueue } from './conflating-queue.ts';

const TURN = 8_000;

function at(n: number): Address {
  return addressAt(new Uint8Array(32).fill(3).with(0, n));
}

function account(n: number, slot: number, byte = 0): MarketEvent {
  const held = { owner: TOKEN_PROGRAM, lamports: 1n, data: Uint8Array.of(byte) };
  return { kind: 'account', atMicros: 0, update: { address: at(n), slot, account: held } };
}

const slot = (begun: number): MarketEvent => ({ kind: 'slot', atMicros: 0, slot: begun, parent: begun - 1 });

function text(event: MarketEvent): string {
  if (event.kind === 'account') {
    const { address, account: bytes, slot: of } = event.update;
    const n = [1, 2, 3].find((each) => at(each) === address);
    return `${n}@${of}:${bytes?.data[0]}`;
  }
  if (event.kind === 'slot') return `slot ${event.slot}`;
  return event.kind === 'feed' ? `feed ${event.live}` : event.kind;
}

/** A queue whose engine takes `costMs` an event. */
function open(costMs: number, maxWaiting = 1_000) {
  const clock = createManualClock(0);
  const told: string[] = [];
  const overflown: Address[] = [];
  const queue = new ConflatingQueue({
    clock,
    turnMicros: TURN,
    maxWaiting,
    onEvent(event) {
      told.push(text(event));
      clock.advanceMs(costMs);
    },
    onOverflow: (addresses) => overflown.push(...addresses),
  });
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return { queue, told, overflown, turn };
}

it('passes events on at once and in order while there is time', async () => {
  const { queue, told } = open(0);
  for (const event of [account(1, 100), slot(101), account(1, 101, 7), account(1, 101, 8)]) queue.push(event);
  expect(told).toEqual(['1@100:0', 'slot 101', '1@101:7', '1@101:8']);
  expect(queue).toMatchObject({ dropped: 0, peak: 0 });
});

it('replaces what waits of an account by its newer slot, never later than it was due', async () => {
  const { queue, told, turn } = open(10);
  queue.push(account(1, 99));
  for (const event of [account(1, 100), account(2, 100), slot(101), account(1, 101, 7), slot(102)])
    queue.push(event);
  expect(told).toEqual(['1@99:0']);
  for (let i = 0; i < 8; i++) await turn();
  // Account 1 as of 101 stands where 100 stood: before the slot that promises all of 100.
  expect(told).toEqual(['1@99:0', '1@101:7', '2@100:0', 'slot 101', 'slot 102']);
  expect(queue).toMatchObject({ dropped: 1, size: 0 });
});

it('keeps each state of one slot, which the market counts', async () => {
  const { queue, told, turn } = open(10);
  queue.push(account(3, 1));
  for (const byte of [1, 2, 3]) queue.push(account(1, 100, byte));
  queue.push(account(2, 100, 9));
  queue.push(account(1, 99, 9));
  for (let i = 0; i < 8; i++) await turn();
  expect(told.slice(1)).toEqual(['1@100:1', '1@100:2', '1@100:3', '2@100:9']);
});

it('tells a loss at once, and nothing that waited of the lost accounts', async () => {
  const { queue, told, turn } = open(10);
  queue.push(account(3, 1));
  queue.push(account(1, 100));
  queue.push(account(2, 100));
  queue.push({ kind: 'lost', atMicros: 0, addresses: [at(1)], reason: 'fork' });
  queue.push(account(1, 98, 5));
  for (let i = 0; i < 6; i++) await turn();
  expect(told).toEqual(['3@1:0', 'lost', '2@100:0', '1@98:5']);
});

it('tells that the feed is down at once and forgets what waited', async () => {
  const { queue, told, turn } = open(10);
  queue.push(account(3, 1));
  queue.push(account(1, 100));
  queue.push({ kind: 'feed', atMicros: 0, live: false, reason: 'closed' });
  for (let i = 0; i < 4; i++) await turn();
  expect(told).toEqual(['3@1:0', 'feed false']);
});

it('holds a bounded number: beyond it accounts are given up by name, slots are kept', async () => {
  const { queue, told, overflown, turn } = open(10, 3);
  queue.push(account(3, 1));
  for (const event of [account(1, 100), slot(101), account(2, 100), account(3, 101)]) queue.push(event);
  expect(new Set(overflown)).toEqual(new Set([at(1), at(2), at(3)]));
  for (let i = 0; i < 4; i++) await turn();
  expect(told).toEqual(['3@1:0', 'slot 101']);
  expect(queue).toMatchObject({ overflows: 1, dropped: 3, size: 0 });
});
