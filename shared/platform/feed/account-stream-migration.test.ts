import { describe, expect, it } from 'vitest';
import { type Address, addressAt, SYSTEM_PROGRAM } from '../../core/address.ts';
import { createRandom } from '../../core/random.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { type Bank, createBank } from '../../sim/chain/bank.ts';
import { startLocalNode } from '../../sim/wire/node.ts';
import { createSystemClock } from '../process/system-clock.ts';
import { type Commitment, createRpcClient } from '../rpc/rpc-client.ts';
import { type AccountStream, createAccountStream } from './account-stream.ts';

const ACCOUNTS: readonly Address[] = [1, 2, 3, 4].map((byte) => addressAt(new Uint8Array(32).fill(byte)));
const COMMITMENTS: readonly Commitment[] = ['processed', 'confirmed', 'finalized'];
/** Longer than a connection may tell old news before it is opened anew. */
const QUIET_MS = 3_000;

interface Feed {
  readonly commitment: Commitment;
  readonly stream: AccountStream;
  readonly events: MarketEvent[];
  /** The byte that each account was last told to hold. */
  readonly held: Map<Address, number>;
}

/** A chain on a local node, and the account feed over its WebSocket at each commitment. */
async function started(slotMs: number) {
  const closing: (() => Promise<void>)[] = [];
  const bank = createBank({
    startSlot: 441_900_000,
    startUnixTimestamp: 1_790_000_000,
    rules: { slotMs },
  });
  let byte = 0;
  let writes = true;
  /** What each block wrote: bytes that were told and are in no block never were. */
  const written = new Set<number>();
  const write = (): void => {
    if (!writes) return;
    byte = (byte + 1) % 251;
    written.add(byte);
    for (const address of ACCOUNTS)
      bank.set({ address, account: { owner: SYSTEM_PROGRAM, lamports: 5n, data: Uint8Array.of(byte) } });
  };
  write();
  const node = await startLocalNode({ bank, onSlotStart: write });
  closing.push(() => node.stop());
  const feeds = COMMITMENTS.map((commitment): Feed => {
    const clock = createSystemClock();
    const random = createRandom(commitment);
    const events: MarketEvent[] = [];
    const held = new Map<Address, number>();
    const stream = createAccountStream({
      endpoints: [{ name: 'node', provider: 'generic', wsUrl: node.wsUrl }],
      rpc: createRpcClient({ url: node.rpcUrl, clock, random }),
      commitment,
      clock,
      random,
      tellAt: 'slot',
      // The machine may be busy: what is tested is not how quick it is.
      maxLagMs: slotMs,
      slotMicros: () => slotMs * 1_000,
      log: () => {},
      onEvent(event) {
        events.push(event);
        if (event.kind === 'account') held.set(event.update.address, event.update.account?.data[0] ?? -1);
      },
    });
    closing.push(() => stream.stop());
    stream.start();
    stream.watch(ACCOUNTS);
    return { commitment, stream, events, held };
  });
  const isWhole = ({ stream }: Feed): boolean =>
    stream.status().state === 'live' && stream.status().confirmed === ACCOUNTS.length;
  await until(() => feeds.every(isWhole), feeds);
  return {
    bank,
    feeds,
    isWhole,
    quiet(next: boolean) {
      writes = !next;
    },
    written,
    async stop() {
      for (const close of closing.reverse()) await close();
    },
  };
}

async function until(holds: () => boolean, feeds: readonly Feed[], mostMs = 20_000): Promise<void> {
  const endMs = performance.now() + mostMs;
  while (!holds()) {
    if (performance.now() > endMs) {
      throw new Error(`it never came: ${JSON.stringify(feeds.map(({ stream }) => stream.status()))}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const slotsToPass = (bank: Bank, slots: number) => {
  const end = bank.slot + slots;
  return (): boolean => bank.slot >= end;
};

/** How often anything was lost, given up or doubted. */
const troubles = ({ stream }: Feed) => {
  const { losses, reconnects, timesBehind, timesDown, lies, quarantined } = stream.status();
  return { losses, reconnects, timesBehind, timesDown, lies, quarantined };
};
const NONE = { losses: 0, reconnects: 0, timesBehind: 0, timesDown: 0, lies: 0, quarantined: [] };

describe('the account feed through the migration to Alpenglow, on the wire', () => {
  it.concurrent.each([400, 300, 200])(
    'at slots of %i ms: before, during and after, at every commitment, without a false alarm',
    async (slotMs) => {
      const { bank, feeds, isWhole, quiet } = await started(slotMs);

      // Before: blocks with transactions, confirmed a slot and finalized 32 slots behind.
      await until(slotsToPass(bank, 5), feeds);
      expect(feeds.map(troubles)).toEqual([NONE, NONE, NONE]);

      // During: blocks hold votes alone, and nothing is confirmed or finalized. Only the clock moves, for longer than a
      // connection may be behind.
      quiet(true);
      bank.change({ consensus: 'migrating' });
      const heartbeats = feeds.map(({ stream }) => stream.status().connections[0]!.heartbeat);
      await until(slotsToPass(bank, Math.ceil(QUIET_MS / slotMs)), feeds);
      expect(feeds.map(isWhole)).toEqual([true, true, true]);
      expect(feeds.map(troubles)).toEqual([NONE, NONE, NONE]);
      // It is as said: the clocks of the later commitments stood still.
      const moved = feeds.map(({ stream }, i) => stream.status().connections[0]!.heartbeat - heartbeats[i]!);
      expect(moved[0]).toBeGreaterThan(3);
      expect(Math.max(moved[1]!, moved[2]!)).toBeLessThanOrEqual(2);

      // After: what is confirmed is final, and some leaders build a second block.
      bank.change({ consensus: 'alpenglow', secondBlockEvery: 0 });
      quiet(false);
      const from = bank.slot;
      await until(
        () => feeds.every(({ stream }) => stream.status().connections[0]!.heartbeat > from + 2),
        feeds,
      );
      expect(feeds.map(isWhole)).toEqual([true, true, true]);
      expect(feeds.map(troubles)).toEqual([NONE, NONE, NONE]);
      const [, confirmed, finalized] = feeds.map(({ stream }) => stream.status().connections[0]!.heartbeat);
      expect(Math.abs(confirmed! - finalized!)).toBeLessThanOrEqual(1);
    },
    60_000,
  );
});
