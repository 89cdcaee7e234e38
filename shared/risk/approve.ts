import { ArbError } from '../core/errors.ts';
import type { Opportunity } from '../routing/opportunity.ts';
import type { Reason } from '../routing/reason.ts';
import { type DoorLimits, judge, type RiskView } from './judge.ts';

/** What an approved order says. Nothing of it changes any more. */
export interface OrderTerms {
  /** Unique within a run: that of the opportunity. */
  readonly id: string;
  readonly opportunity: Opportunity;
  /** In which it was approved. */
  readonly slot: number;
  /** The last slot in which it may be sent; whoever holds it later must not. */
  readonly expiresAfterSlot: number;
  /** Base units of the start mint that the last hop must pay, or everything reverts: the input and all costs, never less. */
  readonly minAmountOut: bigint;
  /** The most that an attempt may cost when it succeeds: fees, tip and rent. */
  readonly maxCostLamports: bigint;
}

/** Known in this file only: nobody else can make an order, also not by way of `approved.constructor`. */
const SEAL = Symbol('approve');

/**
 * Everything in it is private, so that nothing else has its type: an object literal, a cast from one or a spread of an
 * order does not compile as one.
 */
class SealedOrder {
  readonly #terms: OrderTerms;

  constructor(seal: symbol, terms: OrderTerms) {
    if (seal !== SEAL) throw new ArbError('order-forged', 'an order was made by something else than approve');
    this.#terms = terms;
    Object.freeze(this);
  }

  static termsOf(order: SealedOrder): OrderTerms {
    if (typeof order === 'object' && order !== null && #terms in order) return order.#terms;
    throw new ArbError('order-forged', 'an order came for execution that approve has not made');
  }
}

/** An opportunity that risk let through. Only `approve` makes one, only an Approved can be executed, and it may be kept. */
export type Approved = SealedOrder;

/** What an order says. Throws `order-forged` for anything that `approve` has not made, whatever its type claims. */
export const termsOf: (order: Approved) => OrderTerms = SealedOrder.termsOf;

export type Approval =
  | { readonly ok: true; readonly approved: Approved }
  | { readonly ok: false; readonly reason: Reason };

/**
 * Decides whether an opportunity is executed now. Nothing that the search says is taken for granted: its legs are quoted
 * again on the states of now, its costs and profits reckoned again, and every limit that the search prunes by is held
 * against them. The first reason against it is the answer.
 */
export function approve(opportunity: Opportunity, limits: DoorLimits, view: RiskView): Approval {
  const reason = judge(opportunity, limits, view);
  if (reason !== undefined) return { ok: false, reason };
  const { slot, chain } = view.market;
  const terms = Object.freeze({
    id: opportunity.id,
    opportunity: frozen(opportunity),
    slot,
    expiresAfterSlot: slot + chain.blockhashBlocks,
    minAmountOut: opportunity.amountIn + opportunity.costUnits,
    maxCostLamports: opportunity.costs.totalLamports,
  });
  return { ok: true, approved: new SealedOrder(SEAL, terms) };
}

function frozen(opportunity: Opportunity): Opportunity {
  for (const leg of opportunity.legs) Object.freeze(leg);
  Object.freeze(opportunity.legs);
  Object.freeze(opportunity.costs.odds);
  Object.freeze(opportunity.costs);
  return Object.freeze(opportunity);
}
