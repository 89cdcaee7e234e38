import { type Address, WSOL_MINT } from '../core/address.ts';
import { type Opportunity, offeredIn } from '../routing/opportunity.ts';
import type { Reason } from '../routing/reason.ts';

/** What may be risked. Amounts in base units of the mint they are keyed by, or lamports where the name says so. */
export interface RiskLimits {
  readonly maxTradeIn: ReadonlyMap<Address, bigint>;
  readonly minNetProfitLamports: bigint;
  /** Most that one leg may take of a pool: the share by which its average price falls below the marginal one. */
  readonly maxPoolShareBps?: number;
  /** Orders that may be on their way at once. */
  readonly maxPending: number;
  /** Having lost this much since the start, or since it was last resumed, trading stops until a person resumes it. */
  readonly maxLossLamports: bigint;
  /** How many slots the account feed may lag behind the slot stream. */
  readonly maxSlotLag: number;
}

/** What approval must know besides the opportunity, read at the moment of deciding. */
export interface RiskView {
  readonly paused: boolean;
  readonly halted: boolean;
  readonly feedStale: boolean;
  readonly pending: number;
  isPoolBusy(pool: Address): boolean;
  free(mint: Address): bigint;
}

declare const approvedBrand: unique symbol;

/** An opportunity that risk let through. Only `approve` makes one, and only an Approved can be executed. */
export interface Approved {
  readonly [approvedBrand]: true;
  readonly opportunity: Opportunity;
  /** The last leg must pay at least this or everything reverts: the input and all costs, never less. */
  readonly minAmountOut: bigint;
}

export type Approval =
  | { readonly ok: true; readonly approved: Approved }
  | { readonly ok: false; readonly reason: Reason };

/** Decides whether an opportunity is executed now. The first reason against it is the answer. */
export function approve(opportunity: Opportunity, limits: RiskLimits, view: RiskView): Approval {
  const reason = reasonAgainst(opportunity, limits, view);
  if (reason !== undefined) return { ok: false, reason };
  const minAmountOut = opportunity.amountIn + opportunity.costUnits;
  return { ok: true, approved: { opportunity, minAmountOut } as Approved };
}

function reasonAgainst(opportunity: Opportunity, limits: RiskLimits, view: RiskView): Reason | undefined {
  if (view.halted) return 'halted';
  if (view.paused) return 'paused';
  if (view.feedStale) return 'feed-stale';
  if (opportunity.netLamports < limits.minNetProfitLamports) return 'below-min-profit';
  if (opportunity.legs.some((leg) => view.isPoolBusy(leg.pool))) return 'conflicting';
  if (view.pending >= limits.maxPending) return 'max-pending';
  if (view.free(opportunity.startMint) < offeredIn(opportunity)) return 'insufficient-balance';
  if (view.free(WSOL_MINT) < solNeeded(opportunity)) return 'insufficient-sol';
  return undefined;
}

/** Lamports that must be in the wallet before the trade: its fees, tip and rent, and what it puts in where that is SOL. */
function solNeeded(opportunity: Opportunity): bigint {
  const { costs, startMint } = opportunity;
  return costs.totalLamports + (startMint === WSOL_MINT ? offeredIn(opportunity) : 0n);
}
