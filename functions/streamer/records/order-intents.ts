import type { Clock } from '../../../shared/core/clock.ts';
import { errorText } from '../../../shared/core/errors.ts';
import type { Intent, IntentJournal } from '../../../shared/execution/intent-journal.ts';
import { isEnd, type OrderEvent } from '../../../shared/execution/order-event.ts';
import type { OrderResolver } from '../../../shared/execution/order-resolver.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import { type OrderTerms, termsOf } from '../../../shared/risk/approve.ts';
import type { Observer } from '../../../shared/run/pipeline.ts';
import { createUnresolvedOrders } from './unresolved-orders.ts';

export interface OrderIntentsParams {
  readonly journal: IntentJournal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly runId: string;
  /** Mode and market of the run. */
  readonly scope: string;
  /** Days for which orders that ended are kept. */
  readonly keepDays: number;
  /** Looks for orders on chain that live runs left open. */
  readonly resolver?: OrderResolver;
  /** An order of an earlier run of this scope came to something: counts against the loss limit. */
  readonly onResolved: (end: Intent) => void;
}

/** Writes every step of every order down, none is ever left out. */
export interface OrderIntents {
  readonly observe: Observer;
  /**
   * To be called before the feed starts: finds out what became of the orders of runs that are no more. What cannot be
   * said of is unknown, and asked about again until it can.
   */
  reconcile(): Promise<void>;
  /** Of earlier runs, oldest first: nobody knows what became of them. */
  readonly unresolved: readonly Intent[];
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
  /** Of orders that have not ended. */
  const terms = new Map<string, OrderTerms>();
  const unresolved = createUnresolvedOrders({
    clock,
    log,
    live: params.resolver,
    append: (intent) => journal.append(intent),
    runId,
    scope,
    onResolved: params.onResolved,
  });
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

  const add = (
    order: OrderTerms,
    step: Pick<Intent, 'state' | 'reason' | 'slot' | 'revision' | 'netLamports'>,
  ): void => {
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
    if (order === undefined || isEnd(state)) return;
    add(order, { state, reason, slot, revision: 0, netLamports: 0n });
  };

  return {
    netLamports: (query) => journal.netLamports(query),
    observe(event, record) {
      for (const approved of record.orders) {
        const order = termsOf(approved);
        terms.set(order.id, order);
        add(order, { state: 'approved', reason: '', slot: order.slot, revision: 0, netLamports: 0n });
      }
      for (const told of record.told) tell(told);
      if (event.kind === 'order' && record.dropped === '') tell(event);
      for (const { terms: order, state, reason, slot, revision, netLamports, corrects } of record.fills) {
        add(order, {
          state,
          reason,
          slot,
          revision,
          netLamports: netLamports - (corrects?.netLamports ?? 0n),
        });
        terms.delete(order.id);
      }
    },
    async reconcile() {
      const beforeMs = Math.floor(clock.nowMs() - params.keepDays * DAY_MS);
      await journal.prune({ beforeMs, orders: PRUNED_ORDERS });
      await unresolved.begin(await journal.open());
    },
    get unresolved() {
      return unresolved.list;
    },
    async drain(ms) {
      unresolved.stop();
      const endMicros = clock.monotonicMicros() + ms * 1_000;
      while (unwritten.length > 0 && clock.monotonicMicros() < endMicros)
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      return unwritten.length;
    },
  };
}
