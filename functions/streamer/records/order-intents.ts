import type { Clock } from '../../../shared/core/clock.ts';
import { errorText } from '../../../shared/core/errors.ts';
import type { Intent, IntentJournal } from '../../../shared/execution/intent-journal.ts';
import type { OrderEvent } from '../../../shared/execution/order-event.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import { type OrderTerms, termsOf } from '../../../shared/risk/approve.ts';
import type { Observer } from '../../../shared/run/pipeline.ts';

export interface OrderIntentsParams {
  readonly journal: IntentJournal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly runId: string;
  /** Mode and market of the run. */
  readonly scope: string;
  /** Days for which orders that ended are kept. */
  readonly keepDays: number;
}

/** Writes every step of every order down, none is ever left out. */
export interface OrderIntents {
  readonly observe: Observer;
  /** To be called before the feed starts: ends the orders of runs that are no more. */
  reconcile(): Promise<void>;
  /** What was lost by a run's orders; undefined where the journal knows of none. */
  netLamports: IntentJournal['netLamports'];
  /** Waits until everything is written, for at most `ms`; how many steps are not. */
  drain(ms: number): Promise<number>;
}

const RETRY_MS = 500;
const POLL_MS = 20;
const DAY_MS = 86_400_000;
const PRUNED_ORDERS = 10_000;

export function createOrderIntents(params: OrderIntentsParams): OrderIntents {
  const { journal, clock, log, runId, scope } = params;
  /** In the order in which they are to be appended. */
  const unwritten: Intent[] = [];
  const terms = new Map<string, OrderTerms>();
  let writing = false;
  let trouble = '';

  async function write(): Promise<void> {
    if (writing) return;
    writing = true;
    while (unwritten.length > 0) {
      try {
        await journal.append(unwritten[0]!);
        unwritten.shift();
        trouble = '';
      } catch (error) {
        if (trouble === '')
          log.error('orders.not-journaled', { error: errorText(error), steps: unwritten.length });
        trouble = errorText(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
    writing = false;
  }

  const add = (order: OrderTerms, step: Pick<Intent, 'state' | 'reason' | 'slot' | 'netLamports'>): void => {
    const { opportunity, expiresAfterSlot, minAmountOut, maxCostLamports } = order;
    const { startMint, amountIn } = opportunity;
    const fixed = { startMint, amountIn, minAmountOut, maxCostLamports, expiresAfterSlot };
    unwritten.push({
      orderId: `${runId}-${order.id}`,
      runId,
      scope,
      atMs: clock.nowMs(),
      ...fixed,
      ...step,
    });
    void write();
  };

  const tell = ({ id, state, reason, slot }: OrderEvent): void => {
    const order = terms.get(id);
    // Ends are told by what they came to.
    if (order === undefined || state === 'landed' || state === 'failed' || state === 'expired') return;
    add(order, { state, reason, slot, netLamports: 0n });
  };

  return {
    netLamports: (query) => journal.netLamports(query),
    observe(event, record) {
      for (const approved of record.orders) {
        const order = termsOf(approved);
        terms.set(order.id, order);
        add(order, { state: 'approved', reason: '', slot: order.slot, netLamports: 0n });
      }
      for (const told of record.told) tell(told);
      if (event.kind === 'order' && record.dropped === '') tell(event);
      for (const { opportunity, outcome, reason, slot, netLamports } of record.fills) {
        const order = terms.get(opportunity.id);
        if (order === undefined) continue;
        const state = outcome === 'filled' ? 'landed' : outcome === 'reverted' ? 'failed' : 'expired';
        add(order, { state, reason, slot, netLamports });
        // One that was given up may land all the same.
        if (state !== 'expired') terms.delete(order.id);
      }
      if (event.kind !== 'slot' || terms.size === 0) return;
      for (const order of terms.values())
        if (record.slot > 2 * order.expiresAfterSlot - order.slot) terms.delete(order.id);
    },
    async reconcile() {
      const beforeMs = Math.floor(clock.nowMs() - params.keepDays * DAY_MS);
      await journal.prune({ beforeMs, orders: PRUNED_ORDERS });
      const left = await journal.open();
      // Nothing was sent: what was to be executed on paper ended with its process.
      for (const order of left) {
        await journal.append({
          ...order,
          state: 'expired',
          reason: 'its process ended first',
          atMs: clock.nowMs(),
          netLamports: 0n,
        });
      }
      if (left.length > 0) log.warning('orders.reconciled', { expired: left.map(({ orderId }) => orderId) });
    },
    async drain(ms) {
      const endMicros = clock.monotonicMicros() + ms * 1_000;
      while (unwritten.length > 0 && clock.monotonicMicros() < endMicros)
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      return unwritten.length;
    },
  };
}
