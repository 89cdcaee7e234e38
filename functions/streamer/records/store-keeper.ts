import type { Clock } from '../../../shared/core/clock.ts';
import { errorText } from '../../../shared/core/errors.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import type { RowKind, Store } from '../../../shared/platform/store/store.ts';

export interface StoreKeeperParams {
  readonly store: Pick<Store, 'prune'>;
  readonly keep: Pick<Config['store'], 'keepDays' | 'maxBytes'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default 10 s. */
  readonly everyMs?: number;
}

/** Keeps the store from growing for ever, in small pieces between its writes. */
export interface StoreKeeper {
  start(): void;
  stop(): void;
}

const DAY_MS = 86_400_000;
const EVERY_MS = 10_000;
/** While there is more to delete. */
const MORE_MS = 100;
/** A few milliseconds of the store's thread. */
const ROWS = 500;
/** Rows come no faster than they are deleted, and the log is emptied each time: more than this is held by a reader. */
const HELD_WAL_BYTES = 64_000_000;

export function createStoreKeeper(params: StoreKeeperParams): StoreKeeper {
  const { store, keep, clock, log, everyMs = EVERY_MS } = params;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let told = '';

  /** Once for each trouble, not once a round. */
  function tell(trouble: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (trouble !== '' && trouble !== told) log.warning(trouble, fields);
    told = trouble;
  }

  async function round(): Promise<void> {
    let more = false;
    try {
      const pruned = await store.prune({
        beforeMs: keptFrom(keep.keepDays, clock.nowMs()),
        rows: ROWS,
        maxBytes: keep.maxBytes,
      });
      more = pruned.more;
      if (pruned.deletedForSize > 0)
        tell('store.too-large', { maxBytes: keep.maxBytes, deleted: pruned.deletedForSize });
      else if (pruned.walBytes > HELD_WAL_BYTES) tell('store.log-held', { walBytes: pruned.walBytes });
      else tell('');
    } catch (error) {
      tell('store.not-pruned', { error: errorText(error) });
    }
    if (!stopped) schedule(more ? MORE_MS : everyMs);
  }

  function schedule(ms: number): void {
    timer = setTimeout(() => void round(), ms);
    timer.unref();
  }

  return {
    start: () => schedule(everyMs),
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** The time from which on each kind of row is kept. */
export function keptFrom(
  days: Readonly<Record<RowKind, number>>,
  nowMs: number,
): Readonly<Record<RowKind, number>> {
  const from = (kind: RowKind): number => Math.floor(nowMs - days[kind] * DAY_MS);
  return {
    trades: from('trades'),
    opportunities: from('opportunities'),
    decisionCounts: from('decisionCounts'),
    balances: from('balances'),
    comparisons: from('comparisons'),
    apiCosts: from('apiCosts'),
  };
}
