import type { Address } from '../../../shared/core/address.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import type { MarketEvent } from '../../../shared/engine/event.ts';
import type { PriorityLevel } from '../../../shared/platform/outside/helius/fee-answer.ts';
import type { Helius } from '../../../shared/platform/outside/helius/helius.ts';
import { type LongTimer, startLongTimer } from '../../../shared/platform/process/long-timer.ts';

export interface FeeEstimateParams {
  readonly pipeline: { process(event: FeeEvent): void };
  readonly helius: Helius;
  readonly level: PriorityLevel;
  readonly everySeconds: number;
  readonly isAllowed: () => boolean;
  /** Accounts that our transactions would write now. */
  readonly accounts: () => readonly Address[];
  readonly clock: Clock;
}

type FeeEvent = Extract<MarketEvent, { readonly kind: 'fee' }>;

/** Keeps telling the engine what a compute unit costs. What it has told grows old there by itself. */
export interface FeeEstimate {
  /** Micro-lamports a unit, as last told; undefined before. */
  readonly microLamportsPerUnit: bigint | undefined;
  start(): void;
  stop(): void;
}

export function createFeeEstimate(params: FeeEstimateParams): FeeEstimate {
  const { pipeline, helius, level, clock } = params;
  let last: bigint | undefined;
  let timer: LongTimer | undefined;
  let stopped = false;

  const round = async (): Promise<void> => {
    const answer = params.isAllowed() ? await helius.priorityFees(params.accounts()) : undefined;
    if (stopped) return;
    const fee = answer?.ok === true ? answer.value[level] : undefined;
    if (fee !== undefined) {
      last = fee;
      const atMicros = clock.monotonicMicros();
      pipeline.process({ kind: 'fee', atMicros, microLamportsPerUnit: last, source: 'helius' });
    }
    schedule();
  };

  const schedule = (): void => {
    timer = startLongTimer(() => void round(), params.everySeconds * 1_000).unref();
  };

  return {
    get microLamportsPerUnit() {
      return last;
    },
    start: schedule,
    stop() {
      stopped = true;
      timer?.clear();
    },
  };
}
