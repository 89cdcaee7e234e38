import type { Address } from '../core/address.ts';
import type { Clock } from '../core/clock.ts';
import type { Engine } from '../engine/engine.ts';
import type { MarketEvent } from '../engine/event.ts';
import type { EngineRecord } from '../engine/record.ts';

/** Looks at what each event led to, after the decision is made. Must copy what it keeps, and must not throw. */
export type Observer = (event: MarketEvent, record: EngineRecord, stamps: Stamps) => void;

/** When the event reached this process, when the engine took it and when its decision stood; microseconds. */
export interface Stamps {
  arrivedMicros: number;
  startedMicros: number;
  decidedMicros: number;
}

/** Where the accounts come from that the engine asks for. */
export interface Subscriptions {
  watch(addresses: readonly Address[]): void;
  unwatch(addresses: readonly Address[]): void;
}

export interface PipelineParams {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly subscriptions: Subscriptions;
  /** Called in order, off the line that leads to the decision. */
  readonly observers: readonly Observer[];
}

/**
 * The hot line: one event in, one record out, all plain calls. Everything that waits (subscriptions, journal,
 * metrics, dashboard) stands after the decision.
 */
export function createPipeline({ engine, clock, subscriptions, observers }: PipelineParams): {
  process(event: MarketEvent): void;
} {
  const stamps: Stamps = { arrivedMicros: 0, startedMicros: 0, decidedMicros: 0 };
  return {
    process(event) {
      stamps.arrivedMicros = event.atMicros;
      stamps.startedMicros = clock.monotonicMicros();
      const record = engine.process(event);
      stamps.decidedMicros = clock.monotonicMicros();

      if (record.watch.length > 0) subscriptions.watch(record.watch);
      if (record.unwatch.length > 0) subscriptions.unwatch(record.unwatch);
      for (const observe of observers) observe(event, record, stamps);
    },
  };
}
