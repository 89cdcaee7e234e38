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

/**
 * The hot line: one event in, one record out, all plain calls. Everything that waits (subscriptions, journal,
 * metrics, dashboard) stands after the decision.
 */
export interface Pipeline {
  process(event: MarketEvent): void;
  /** `observer` looks at every event from now on, behind those that do already. */
  observe(observer: Observer): void;
  /** Who is asked for the accounts that the engine wants; without it nobody is, as in a replay. */
  subscribeBy(subscriptions: Subscriptions): void;
}

export function createPipeline({
  engine,
  clock,
}: {
  readonly engine: Engine;
  readonly clock: Clock;
}): Pipeline {
  const stamps: Stamps = { arrivedMicros: 0, startedMicros: 0, decidedMicros: 0 };
  const observers: Observer[] = [];
  let subscriptions: Subscriptions | undefined;
  return {
    process(event) {
      stamps.arrivedMicros = event.atMicros;
      stamps.startedMicros = clock.monotonicMicros();
      const record = engine.process(event);
      stamps.decidedMicros = clock.monotonicMicros();

      if (record.watch.length > 0) subscriptions?.watch(record.watch);
      if (record.unwatch.length > 0) subscriptions?.unwatch(record.unwatch);
      for (const observe of observers) observe(event, record, stamps);
    },
    observe(observer) {
      observers.push(observer);
    },
    subscribeBy(one) {
      subscriptions = one;
    },
  };
}
