import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import { type ApiCosts, type ApiPrices, createApiCosts } from './api-costs.ts';
import { type ApiLanes, type ApiLimits, createApiLanes } from './api-limits.ts';
import { createLimiter, type Limiter } from './limiter.ts';

/** What every call to an outside API draws on, whoever makes it: its turn, and the account of what it costs. */
export interface ApiBudget {
  readonly limiter: Limiter;
  readonly lanes: ApiLanes;
  readonly costs: ApiCosts;
}

export interface ApiBudgetParams {
  readonly limits: ApiLimits & ApiPrices & { readonly maxQueued: number; readonly agingMs: number };
  readonly clock: Clock;
  readonly random: Random;
}

export function createApiBudget({ limits, clock, random }: ApiBudgetParams): ApiBudget {
  const { maxQueued, agingMs } = limits;
  const limiter = createLimiter({ clock, random: random.fork('limits'), maxQueued, agingMs });
  return {
    limiter,
    lanes: createApiLanes(limiter, limits),
    costs: createApiCosts({ prices: limits, clock }),
  };
}
