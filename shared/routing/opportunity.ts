import type { Address } from '../core/address.ts';
import type { CostBreakdown } from '../costs/costs.ts';

/**
 * One swap of a route. Amounts in base units; `amountIn` is what the leg is offered. Legs stand in execution order; the
 * legs of one hop trade one pair, and together they are offered what the hop before paid.
 */
export interface Leg {
  /** Which hop of the cycle it belongs to, from 0: several legs of one hop are a split. */
  readonly hop: number;
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
  /** Stable name of the route: `<pool>:<a|b>` of each leg, `+` between the legs of a hop and `>` between hops. */
  readonly routeId: string;
  readonly slot: number;
  readonly startMint: Address;
  readonly legs: readonly Leg[];
  /** What the first hop really takes of what it is offered. */
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly grossProfit: bigint;
  readonly costs: CostBreakdown;
  /** The costs in base units of the start mint, rounded up. */
  readonly costUnits: bigint;
  /** `grossProfit - costUnits`. */
  readonly netProfit: bigint;
  /** The net profit in lamports, rounded down. */
  readonly netLamports: bigint;
  /** What an attempt is worth on average, failed ones counted: what candidates are ranked by. */
  readonly expectedLamports: bigint;
}

/** What the first hop's legs are offered together: base units of the start mint that must be in the wallet. */
export function offeredIn({ legs }: Pick<Opportunity, 'legs'>): bigint {
  let offered = 0n;
  for (const leg of legs) if (leg.hop === 0) offered += leg.amountIn;
  return offered;
}
