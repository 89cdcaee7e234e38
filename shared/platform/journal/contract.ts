import { expect, it } from 'vitest';
import { WSOL_MINT } from '../../core/address.ts';
import type { Intent, IntentJournal } from '../../execution/intent-journal.ts';

/** One place where a journal is kept: it can be opened again, as after a crash. */
export interface JournalPlace {
  /** Another one over what the earlier ones left; they may still be open. */
  open(): Promise<IntentJournal>;
}

export const sampleIntent = (more: Partial<Intent> = {}): Intent => ({
  orderId: 'run-1-10-1',
  runId: 'run-1',
  scope: 'paper/live',
  state: 'approved',
  reason: '',
  atMs: 1_000,
  slot: 10,
  expiresAfterSlot: 160,
  startMint: WSOL_MINT,
  amountIn: 2n ** 64n - 1n,
  minAmountOut: 2n ** 63n,
  maxCostLamports: 17_000n,
  revision: 0,
  netLamports: 0n,
  ...more,
});

/** What every journal of intents must do, whatever it is kept in. `inPlace` gives a place of its own to each. */
export function describeIntentJournal(
  inPlace: (work: (place: JournalPlace) => Promise<void>) => Promise<void>,
): void {
  const withJournal = (work: (journal: IntentJournal, place: JournalPlace) => Promise<void>) => () =>
    inPlace(async (place) => {
      const journal = await place.open();
      try {
        await work(journal, place);
      } finally {
        await journal.close();
      }
    });

  it(
    'gives every step back as it was, in the order of appending',
    withJournal(async (journal) => {
      const steps = [
        sampleIntent(),
        sampleIntent({ state: 'journaled', atMs: 1_001 }),
        sampleIntent({ state: 'submitted', atMs: 900, reason: 'käse "quoted"' }),
        sampleIntent({ state: 'landed', atMs: 1_002, netLamports: -(2n ** 63n) }),
      ];
      for (const step of steps) await journal.append(step);
      await journal.append(sampleIntent({ orderId: 'other' }));
      expect(await journal.steps('run-1-10-1')).toEqual(steps);
      expect(await journal.steps('nobody')).toEqual([]);
    }),
  );

  it(
    'takes the same step of an order once',
    withJournal(async (journal) => {
      await journal.append(sampleIntent({ state: 'landed', netLamports: 5n }));
      await journal.append(sampleIntent({ state: 'landed', netLamports: 7n, atMs: 9_000 }));
      expect(await journal.steps('run-1-10-1')).toHaveLength(1);
      expect(await journal.netLamports({ runId: 'run-1', sinceMs: 0 })).toBe(5n);
    }),
  );

  it(
    'takes an end that corrects another one, also to what it was before, and adds up all of them',
    withJournal(async (journal) => {
      const told = [
        sampleIntent({ state: 'failed', netLamports: -7_000n }),
        sampleIntent({ state: 'landed', revision: 1, netLamports: 10_000n }),
        sampleIntent({ state: 'failed', revision: 2, netLamports: -10_000n }),
      ];
      for (const step of told) await journal.append(step);
      await journal.append(told[2]!);
      expect(await journal.steps('run-1-10-1')).toEqual(told);
      expect(await journal.netLamports({ runId: 'run-1', sinceMs: 0 })).toBe(-7_000n);
      expect(await journal.open()).toEqual([]);
    }),
  );

  it(
    'names the orders without an end, oldest first, by their last step',
    withJournal(async (journal) => {
      for (const orderId of ['c', 'a', 'b', 'd']) await journal.append(sampleIntent({ orderId }));
      await journal.append(sampleIntent({ orderId: 'a', state: 'unknown' }));
      await journal.append(sampleIntent({ orderId: 'c', state: 'submitted' }));
      for (const [orderId, state] of [
        ['b', 'failed'],
        ['d', 'expired'],
      ] as const)
        await journal.append(sampleIntent({ orderId, state }));
      // What comes behind an end opens nothing.
      await journal.append(sampleIntent({ orderId: 'b', state: 'unknown' }));
      expect((await journal.open()).map(({ orderId, state }) => [orderId, state])).toEqual([
        ['c', 'submitted'],
        ['a', 'unknown'],
      ]);
    }),
  );

  it(
    'adds up what the ends of a run came to, from a moment on',
    withJournal(async (journal) => {
      const end = (orderId: string, atMs: number, netLamports: bigint, runId = 'run-1') =>
        journal.append(sampleIntent({ orderId, runId, atMs, netLamports, state: 'landed' }));
      expect(await journal.netLamports({ runId: 'run-1', sinceMs: 0 })).toBeUndefined();
      await journal.append(sampleIntent({ orderId: 'on its way' }));
      expect(await journal.netLamports({ runId: 'run-1', sinceMs: 0 })).toBe(0n);
      await end('a', 1_000, -(2n ** 70n));
      await end('b', 2_000, 3n);
      await end('c', 3_000, -5n);
      await end('d', 3_000, -100n, 'run-2');
      expect(await journal.netLamports({ runId: 'run-1', sinceMs: 0 })).toBe(-(2n ** 70n) - 2n);
      expect(await journal.netLamports({ runId: 'run-1', sinceMs: 2_000 })).toBe(-2n);
      expect(await journal.netLamports({ runId: 'run-1', sinceMs: 2_001 })).toBe(-5n);
    }),
  );

  it(
    'forgets orders that ended long ago, some at a time, and never one without an end',
    withJournal(async (journal) => {
      for (const [orderId, atMs] of [
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ] as const) {
        await journal.append(sampleIntent({ orderId, atMs }));
        if (orderId !== 'b')
          await journal.append(sampleIntent({ orderId, atMs: atMs + 10, state: 'failed' }));
      }
      const left = async (beforeMs: number, orders: number) => {
        await journal.prune({ beforeMs, orders });
        const steps = await Promise.all(['a', 'b', 'c'].map((orderId) => journal.steps(orderId)));
        return steps.map(({ length }) => length);
      };
      expect(await left(11, 9)).toEqual([2, 1, 2]);
      expect(await left(100, 1)).toEqual([0, 1, 2]);
      expect(await left(100, 9)).toEqual([0, 1, 0]);
    }),
  );

  it('finds everything again that was acknowledged, also where it was never closed', () =>
    inPlace(async (place) => {
      const before = await place.open();
      const steps = Array.from({ length: 50 }, (_, i) => sampleIntent({ orderId: `order ${i}` }));
      // Not one after another: all are on their way at once.
      await Promise.all(steps.map((step) => before.append(step)));
      await before.sync();
      const after = await place.open();
      expect(await after.open()).toEqual(steps);
      await after.close();
      await before.close();
    }));

  it('refuses what comes after its close, and closes twice', () =>
    inPlace(async (place) => {
      const journal = await place.open();
      await journal.append(sampleIntent());
      await journal.close();
      await journal.close();
      await expect(journal.append(sampleIntent({ state: 'landed' }))).rejects.toMatchObject({
        code: 'intents-closed',
      });
      const again = await place.open();
      expect(await again.open()).toHaveLength(1);
      await again.close();
    }));
}
