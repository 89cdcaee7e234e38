/** The cycles that pay on a market, sized exactly and net of costs. */
export { USDC_MINT, WSOL_MINT } from '../core/address.ts';
export { type CostBreakdown, type CostModel, createStaticCosts, type StaticCosts } from '../costs/costs.ts';
export { openGate, type SearchGate } from '../routing/candidates.ts';
export type { Leg, Opportunity } from '../routing/opportunity.ts';
export { type Optimum, type OptimumParams, solveOptimum } from '../routing/optimum/optimum.ts';
export { createTally, REASONS, type Reason, type Tally } from '../routing/reason.ts';
export {
  createSearch,
  type PassedOver,
  type Search,
  type SearchParams,
  type SearchResult,
} from '../routing/search.ts';
