import { afterEach, describe, expect, it } from 'vitest';
import { type Address, addressAt, SYSTEM_PROGRAM } from '../../core/address.ts';
import { createRandom } from '../../core/random.ts';
import { createBank } from '../../sim/chain/bank.ts';
import { startLocalNode } from '../../sim/wire/node.ts';
import { startYellowstoneServer } from '../../sim/wire/yellowstone-server.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createRpcClient } from '../rpc/rpc-client.ts';
import { type AccountStream, createAccountStream } from './account-stream.ts';

/** Written by both blocks of a slot with two, and by the first of them alone. */
const BOTH = addressAt(new Uint8Array(32).fill(1));
const FIRST = addressAt(new Uint8Array(32).fill(2));
const CHECKED_SLOTS = 30;

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/**
 * A chain of which every third slot has two banks, the first of which never was, and a feed over one of its wires. Whatever
 * the feed vouches for when it tells that a slot has begun is held against the block before.
 */
async function followed(wire: 'websocket' | 'grpc', tellAt: 'frame' | 'slot') {
  const bank = createBank({
    startSlot: 600,
    startUnixTimestamp: 1_790_000_000,
    rules: { consensus: 'alpenglow', secondBlockEvery: 3 },
  });
  const set = (address: Address, byte: number): void =>
    bank.set({ address, account: { owner: SYSTEM_PROGRAM, lamports: 5n, data: Uint8Array.of(byte) } });
  let block = 0;
  let slot = -1;
  let halted = false;
  const write = (): void => {
    if (halted) return;
    const isSecond = bank.slot === slot;
    slot = bank.slot;
    block = (block + 1) % 251;
    set(BOTH, block);
    if (!isSecond) set(FIRST, block);
  };
  set(FIRST, 0);
  write();
  const yellowstone = await startYellowstoneServer({ bank });
  const node = await startLocalNode({ bank, slotMs: 60, onSlotStart: write });
  closing.push(
    () => node.stop(),
    () => yellowstone.stop(),
  );
  const clock = createSystemClock();
  const random = createRandom('banks');
  const held = new Map<Address, number>();
  const heldSlot = new Map<Address, number>();
  const wrong: string[] = [];
  let checked = 0;
  let doubled = 0;
  const check = (parent: number): void => {
    const block = bank.at(parent);
    for (const address of [BOTH, FIRST]) {
      // A snapshot may be newer than the slot that is passed on.
      if (!stream.isConfirmed(address) || heldSlot.get(address)! > parent) continue;
      const chain = block.get(address)?.data[0];
      if (held.get(address) !== chain)
        wrong.push(`slot ${parent}: ${held.get(address)} of ${heldSlot.get(address)} for ${chain}`);
    }
    checked++;
    if (parent % 3 === 0) doubled++;
  };
  const endpoint = wire === 'grpc' ? { grpcUrl: yellowstone.grpcUrl } : { wsUrl: node.wsUrl };
  const stream: AccountStream = createAccountStream({
    endpoints: [{ name: 'node', provider: 'generic', ...endpoint }],
    rpc: createRpcClient({ url: node.rpcUrl, clock, random }),
    commitment: 'processed',
    clock,
    random,
    tellAt,
    maxLagMs: 1_000,
    maxSlotLag: 20,
    slotMicros: () => 60_000,
    log: () => {},
    onEvent(event) {
      if (event.kind === 'account') {
        const { address, slot: as, account } = event.update;
        held.set(address, account?.data[0] ?? -1);
        heldSlot.set(address, as);
      }
      // A feed that tells at the end of slots vouches for the parent when it passes a slot on.
      if (event.kind === 'slot' && tellAt === 'slot') check(event.parent);
    },
  });
  closing.push(() => stream.stop());
  stream.start();
  stream.watch([BOTH, FIRST]);
  const settled = (): boolean =>
    [BOTH, FIRST].every(
      (address) => stream.isConfirmed(address) && held.get(address) === bank.get(address)?.data[0],
    );
  return {
    bank,
    stream,
    wrong,
    settled,
    counts: () => ({ checked, doubled }),
    halt() {
      halted = true;
    },
  };
}

async function until(holds: () => boolean, stream: AccountStream): Promise<void> {
  const endMs = performance.now() + 15_000;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`it never came: ${JSON.stringify(stream.status())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a slot with two banks, on the wire', () => {
  it.each(['websocket', 'grpc'] as const)(
    'leaves the bytes of the block that is, or none that are vouched for: %s, told at the end of slots',
    async (wire) => {
      const { stream, wrong, counts } = await followed(wire, 'slot');
      await until(() => counts().checked >= CHECKED_SLOTS, stream);
      expect(wrong).toEqual([]);
      expect(counts().doubled).toBeGreaterThan(CHECKED_SLOTS / 4);
      expect(stream.status()).toMatchObject({ lies: 0, reconnects: 0, quarantined: [] });
    },
    30_000,
  );

  it.each(['websocket', 'grpc'] as const)(
    'does not keep what a given-up block wrote: %s, told at once',
    async (wire) => {
      const { bank, stream, settled, halt } = await followed(wire, 'frame');
      const from = bank.slot;
      await until(() => bank.slot > from + CHECKED_SLOTS, stream);
      halt();
      const end = bank.slot;
      await until(() => bank.slot > end + 3 && settled(), stream);
      expect(stream.status()).toMatchObject({ lies: 0, reconnects: 0, quarantined: [] });
    },
    30_000,
  );
});
