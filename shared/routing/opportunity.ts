import type { Address } from '../core/address.ts';
import type { CostBreakdown } from '../costs/costs.ts';

/**
 * One swap of a route. Amounts in base units; `amountIn` is what the leg is offered: the `amountOut` of the one before.
 */
export interface Leg {
  readonly venue: string;
  readonly pool: Address;
  readonly aToB: boolean;
  readonly mintIn: Address;
  readonly mintOut: Address;
  readonly amountIn: bigint;
  readonly amountOut: bigint;
}

/** A sized route that pays more than it takes, before and after costs. Profits in base units of `startMint`. */
export interface Opportunity {
  /** Unique within a run: `<slot>-<sequence>`. */
  readonly id: string;
  /** Stable name of the cycle: the pools and directions in order. */
  readonly routeId: string;
  readonly slot: number;
  readonly startMint: Address;
  readonly legs: readonly Leg[];
  /** What the first leg really takes of what it is offered. */
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly grossProfit: bigint;
  readonly costs: CostBreakdown;
  /** The costs in base units of the start mint, rounded up. */
  readonly costUnits: bigint;
  /** `grossProfit - costUnits`. */
  readonly netProfit: bigint;
  /** The net profit in lamports, rounded down: what candidates are ranked by. */
  readonly netLamports: bigint;
}
