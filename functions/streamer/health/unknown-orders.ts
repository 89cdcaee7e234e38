import type { Clock } from '../../../shared/core/clock.ts';
import type { Engine } from '../../../shared/engine/engine.ts';

export interface UnknownOrdersParams {
  readonly engine: Pick<Engine, 'pending'>;
  /** Orders of runs before this one of which nobody knows the end. */
  readonly earlier: () => number;
  readonly clock: Clock;
}

/** Orders of which nobody knows what became of them: they hold funds and pools until somebody does. */
export interface UnknownOrders {
  /** Of this run. */
  readonly count: number;
  readonly earlier: number;
  /** How long the oldest of this run has been unknown; 0 without one. */
  readonly oldestMs: number;
  /** For people: how many, for how long and why; '' without one. */
  readonly text: string;
}

export function unknownOrders({ engine, earlier, clock }: UnknownOrdersParams): UnknownOrders {
  const unknown = engine.pending.filter(({ state }) => state === 'unknown');
  const since = Math.min(...unknown.map(({ sinceMicros }) => sinceMicros));
  const oldest = unknown.find(({ sinceMicros }) => sinceMicros === since);
  const oldestMs = oldest === undefined ? 0 : (clock.monotonicMicros() - since) / 1_000;
  const before = earlier();
  const texts: string[] = [];
  if (oldest !== undefined)
    texts.push(
      `${orders(unknown.length)} unknown, the oldest for ${Math.floor(oldestMs / 1_000)} s (${oldest.reason})`,
    );
  if (before > 0) texts.push(`${orders(before)} of earlier runs unknown`);
  return { count: unknown.length, earlier: before, oldestMs, text: texts.join('; ') };
}

const orders = (count: number): string => (count === 1 ? '1 order' : `${count} orders`);
