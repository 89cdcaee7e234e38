import { afterEach, expect, it } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import { type Address, CLOCK_SYSVAR } from '../../core/address.ts';
import { createRandom } from '../../core/random.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { type LocalNode, startLocalNode } from '../../sim/wire/node.ts';
import { createWorld, type World } from '../../sim/world.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { type AccountEncoding, createRpcClient } from '../rpc/rpc-client.ts';
import { type AccountStream, createAccountStream } from './account-stream.ts';

let node: LocalNode | undefined;
let stream: AccountStream | undefined;

afterEach(async () => {
  await stream?.stop();
  await node?.stop();
});

/** The newest of each account by slot, the way a market holds them. */
function holdNewest() {
  const slots = new Map<Address, number>();
  const accounts = new Map<Address, AccountBytes | null>();
  const events: MarketEvent[] = [];
  const onEvent = (event: MarketEvent): void => {
    events.push(event);
    if (event.kind !== 'account') return;
    const { address, slot, account } = event.update;
    if (slot < (slots.get(address) ?? -1)) return;
    slots.set(address, slot);
    accounts.set(address, account);
  };
  return { accounts, events, onEvent };
}

async function follow(world: World, encoding: AccountEncoding) {
  const held = holdNewest();
  node = await startLocalNode({ bank: world.bank, slotMs: 25, onSlotStart: () => world.traders.trade() });
  const clock = createSystemClock();
  const random = createRandom('node');
  const rpc = createRpcClient({ url: node.rpcUrl, clock, random });
  const { onEvent } = held;
  const endpoints = [{ name: 'node', provider: 'generic' as const, wsUrl: node.wsUrl }];
  const options = { endpoints, rpc, clock, random, onEvent, encoding, log: () => {} };
  stream = createAccountStream({ ...options, commitment: 'processed' });
  const addresses = world.market.accounts.map(({ address }) => address);
  stream.watch([...addresses, CLOCK_SYSVAR]);
  stream.start();
  await passSlots(stream, 40);
  return { ...held, addresses, status: stream.status() };
}

async function passSlots(made: AccountStream, slots: number): Promise<void> {
  const endMs = performance.now() + 15_000;
  while (made.status().state !== 'live' || made.status().slotFrames < slots) {
    if (performance.now() > endMs) throw new Error(`stuck: ${JSON.stringify(made.status())}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

it.each<AccountEncoding>(['base64', 'base64+zstd'])(
  'follows a market of the local node to the byte, in %s',
  async (encoding) => {
    const world = createWorld({ market: 'built-in', seed: 11 });
    const { accounts, addresses, events, status } = await follow(world, encoding);
    await node?.stop();
    node = undefined;
    const chain = world.bank.at(world.bank.slotAt('processed'));
    const moved = addresses.filter((address) => accounts.get(address) !== undefined);
    expect(moved).toHaveLength(addresses.length);
    // The node was stopped between two slots, so at most its very last slot can be missing here.
    const lastTold = events.findLast((event) => event.kind === 'slot');
    const before = lastTold?.kind === 'slot' ? world.bank.at(lastTold.parent) : chain;
    for (const address of addresses) {
      const told = accounts.get(address);
      expect([before.get(address), chain.get(address)]).toContainEqual(told);
    }
    expect(status).toMatchObject({ badFrames: 0, strayFrames: 0, lateFrames: 0, reconnects: 0, failed: [] });
    expect(status.accountFrames).toBeGreaterThan(50);
    expect(accounts.has(CLOCK_SYSVAR)).toBe(true);
  },
);

it('comes back with a fresh snapshot when the node has gone and another has taken its ports', async () => {
  const world = createWorld({ market: 'built-in', seed: 12 });
  const { events } = await follow(world, 'base64');
  const port = Number(new URL(node?.rpcUrl ?? '').port);
  await node?.stop();
  node = await startLocalNode({
    bank: world.bank,
    port,
    slotMs: 25,
    onSlotStart: () => world.traders.trade(),
  });
  const before = stream?.status().slotFrames ?? 0;
  const feeds = (): unknown[] => events.flatMap((event) => (event.kind === 'feed' ? [event.live] : []));
  while (feeds().length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  if (stream !== undefined) await passSlots(stream, before + 3);
  expect(feeds()).toEqual([true, false, true]);
  expect(stream?.status().reconnects).toBeGreaterThan(0);
});
