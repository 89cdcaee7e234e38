import { afterEach, expect, it } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { createRandom } from '../../core/random.ts';
import { createMarket } from '../../market/market.ts';
import { isQuotable } from '../../market/pool-entry.ts';
import { swapWrites } from '../../sim/chain/swap-writes.ts';
import { type LocalNode, startLocalNode } from '../../sim/wire/node.ts';
import { createWorld } from '../../sim/world.ts';
import { venueById } from '../../venues/registry.ts';
import { decodeTokenAccount } from '../../venues/token/token.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { createRpcClient } from '../rpc/rpc-client.ts';
import { type AccountStream, createAccountStream } from './account-stream.ts';

let node: LocalNode | undefined;
let stream: AccountStream | undefined;

afterEach(async () => {
  await stream?.stop();
  await node?.stop();
});

const STEPS = 14;
/** Slots of 40 ms between two steps, each of less than an array: still several times what a wild market does. */
const STEP_SLOTS = 6;

function heldIn(vault: AccountBytes | null): bigint {
  const decoded = vault === null ? undefined : decodeTokenAccount(vault);
  return decoded?.ok === true ? decoded.value.amount : 0n;
}

/** What a pool's quotes read beside the pool itself: the arrays that lie around its price. */
function arraysOf(accounts: readonly { readonly address: Address; readonly role: string }[]): Address[] {
  return accounts.filter(({ role }) => role === 'ticks').map(({ address }) => address);
}

it.each(['orca-whirlpool', 'raydium-clmm', 'meteora-dlmm'])(
  'has the next arrays of a %s pool before its price gets there',
  async (id) => {
    const venue = venueById(id)!;
    const { bank, market: made } = createWorld({ market: 'built-in', seed: 4 });
    const { address } = made.pools.find((pool) => pool.venue === id)!;
    const clock = createSystemClock();
    const random = createRandom('follow');
    const market = createMarket();
    const entry = market.addPool(venue, address);
    const seen = new Set<Address>();
    const refusals: string[] = [];
    let looks = 0;
    let steps = 0;
    let isOver = false;

    /** Somebody sells a little, slot after slot, as far as there is something to buy: the price leaves its arrays. */
    const push = (): void => {
      const loaded = venue.load(address, (at) => bank.get(at));
      if (!loaded.ok || looks === 0 || steps >= STEPS || bank.slot % STEP_SLOTS !== 0) return;
      const { state } = loaded;
      const source = (at: Address) => bank.get(at);
      for (let amountIn = heldIn(bank.get(state.vaultA)) / 25n; amountIn > 1_000n; amountIn /= 4n) {
        const swap = swapWrites({ venue, state, aToB: true, amountIn, clock: bank.clock(), source });
        if (swap === undefined) continue;
        for (const write of swap.writes) bank.set(write);
        steps++;
        return;
      }
      isOver = true;
    };
    node = await startLocalNode({ bank, slotMs: 40, onSlotStart: push });
    const rpc = createRpcClient({ url: node.rpcUrl, clock, random });

    const turn = (): void => {
      const { watch, unwatch } = market.takeSubscriptions();
      if (watch.length > 0) stream?.watch(watch);
      if (unwatch.length > 0) stream?.unwatch(unwatch);
    };
    stream = createAccountStream({
      endpoints: [{ name: 'node', provider: 'generic', wsUrl: node.wsUrl }],
      // The test is of what is followed, not of how quick this machine is.
      maxLagMs: 5_000,
      maxSlotLag: 100,
      rpc,
      commitment: 'processed',
      clock,
      random,
      log: () => {},
      onEvent(event) {
        if (event.kind === 'account') market.apply(event.update);
        if (event.kind === 'slot') market.beginSlot(event.slot, event.parent);
        if (event.kind === 'feed') market.setLive(event.live);
        if (event.kind === 'lost') market.lose(event.addresses);
        turn();
        if (entry.state === undefined || market.clock === undefined || !market.live || !isQuotable(entry))
          return;
        looks++;
        for (const array of arraysOf(entry.state.accounts)) seen.add(array);
        const quote = venue.quote(entry.state, true, 10n ** 9n, market.clock);
        // Sold out is sold out; what may not happen is an array that nobody has fetched.
        if (!quote.ok && quote.reason !== 'no-liquidity') refusals.push(quote.reason);
      },
    });
    turn();
    stream.start();
    for (let i = 0; i < 1_000 && steps < STEPS && !isOver; i++)
      await new Promise((resolve) => setTimeout(resolve, 15));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const first = arraysOf(entry.state!.accounts).length;
    expect(looks).toBeGreaterThan(20);
    expect(steps).toBeGreaterThan(5);
    expect(seen.size).toBeGreaterThan(first);
    expect(refusals).toEqual([]);
  },
  30_000,
);
