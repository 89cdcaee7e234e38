import type { Clock } from '../../../shared/core/clock.ts';
import { errorText } from '../../../shared/core/errors.ts';
import type { Intent } from '../../../shared/execution/intent-journal.ts';
import {
  type OrderResolver,
  paperResolver,
  type Resolution,
} from '../../../shared/execution/order-resolver.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';

export interface UnresolvedOrdersParams {
  readonly clock: Clock;
  readonly log: Logger;
  /** Looks for orders of live runs on chain; without one they stay unknown. */
  readonly live?: OrderResolver | undefined;
  /** Resolves once the step is written down; rejects where it is not. */
  readonly append: (intent: Intent) => Promise<void>;
  /** This run: what is found out of its scope counts as its own, so that the next one takes it over. */
  readonly runId: string;
  readonly scope: string;
  /** An order of an earlier run of this scope came to something, which counts against the loss limit of this run. */
  readonly onResolved: (end: Intent) => void;
}

/** Orders that earlier runs left without an end. Each stays unknown, and is asked about again, until it has one. */
export interface UnresolvedOrders {
  /** Oldest first. While one of its own wallet is here, nothing may be signed. */
  readonly list: readonly Intent[];
  /** Resolves when each was asked about once. */
  begin(left: readonly Intent[]): Promise<void>;
  stop(): void;
}

/** So often they are asked about again. */
const AGAIN_MS = 5_000;
const PAPER_SCOPE = 'paper/';
const NOBODY = 'its process ended first, and nobody knows what became of it';

export function createUnresolvedOrders(params: UnresolvedOrdersParams): UnresolvedOrders {
  const { clock, log } = params;
  let list: readonly Intent[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let trouble = '';

  async function lookFor(intent: Intent): Promise<Resolution | undefined> {
    const resolver = intent.scope.startsWith(PAPER_SCOPE) ? paperResolver : params.live;
    return resolver?.resolve(intent);
  }

  /** What is left of it: the order as it stands now, or nothing. */
  async function settle(intent: Intent): Promise<Intent | undefined> {
    const resolution = await lookFor(intent);
    if (resolution !== undefined) {
      const isOurs = intent.scope === params.scope;
      const runId = isOurs ? params.runId : intent.runId;
      const end: Intent = { ...intent, ...resolution, runId, atMs: clock.nowMs() };
      await params.append(end);
      log.warning('orders.resolved', { orderId: intent.orderId, ...resolution });
      if (isOurs) params.onResolved(end);
      return undefined;
    }
    if (intent.state === 'unknown') return intent;
    const unknown: Intent = { ...intent, state: 'unknown', reason: NOBODY, atMs: clock.nowMs() };
    await params.append(unknown);
    return unknown;
  }

  async function look(): Promise<void> {
    const left: Intent[] = [];
    for (const intent of list) {
      try {
        const kept = await settle(intent);
        if (kept !== undefined) left.push(kept);
        trouble = '';
      } catch (error) {
        left.push(intent);
        if (trouble === '')
          log.error('orders.not-resolved', { orderId: intent.orderId, error: errorText(error) });
        trouble = errorText(error);
      }
    }
    list = left;
    if (list.length === 0 || stopped) return;
    timer = setTimeout(() => void look(), AGAIN_MS);
    timer.unref();
  }

  return {
    get list() {
      return list;
    },
    async begin(left) {
      list = left;
      await look();
      if (list.length > 0) log.error('orders.unresolved', { orders: list.map(({ orderId }) => orderId) });
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
