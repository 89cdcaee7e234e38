import type { ApiCosts } from '../../../shared/platform/limits/api-costs.ts';
import type { StoreWriter } from '../../../shared/platform/store/writer.ts';

export interface CostJournalParams {
  readonly costs: ApiCosts;
  readonly writer: Pick<StoreWriter, 'addApiCost'>;
  readonly runId: string;
  /** Default: once a minute. */
  readonly everyMs?: number;
}

const MINUTE_MS = 60_000;

/** Hands what API calls cost to the store, minute by minute. */
export function createCostJournal({ costs, writer, runId, everyMs = MINUTE_MS }: CostJournalParams): {
  start(): void;
  /** Hands over what is left; to be called when no call can end any more, and before the writer's drain. */
  stop(): void;
} {
  let timer: NodeJS.Timeout | undefined;
  const record = (): void => {
    for (const usage of costs.take()) writer.addApiCost({ ...usage, runId });
  };
  return {
    start() {
      timer = setInterval(record, everyMs);
      timer.unref();
    },
    stop() {
      clearInterval(timer);
      record();
    },
  };
}
