import { slotsOf } from '../core/chain-parameters.ts';
import type { Random } from '../core/random.ts';
import type { Market } from '../market/market.ts';
import { type OrderTerms, termsOf } from '../risk/approve.ts';
import { executeLegs } from './execute-legs.ts';
import { type OrderEvent, untold } from './order-event.ts';
import type { Orders } from './orders.ts';

export interface PaperParams {
  /** An order decided in slot S meets the state at the end of slot S + latencySlots, or later; 0: of S itself. */
  readonly latencySlots: number;
  /** Its way to the leader: it takes as long when slots get shorter, and so more of them. 0 when absent. */
  readonly latencyMs?: number;
  /** Probability that an order lands at all. */
  readonly landingOdds: number;
}

/** Who tells of orders that were executed on paper. */
export const PAPER = 'paper';

interface PaperOrder {
  readonly terms: OrderTerms;
  readonly landingSlot: number;
  told: boolean;
}

/** Executes on paper: what was approved meets whatever the market is once its landing slot is over. */
export function createPaperOrders(
  { latencySlots, latencyMs = 0, landingOdds }: PaperParams,
  market: Market,
  random: Random,
): Orders {
  let pending: PaperOrder[] = [];

  const slotsUnderWay = (): number =>
    latencySlots === 0 ? 0 : Math.max(latencySlots, slotsOf(market.chain, latencyMs));

  const end = ({ terms, landingSlot: slot }: PaperOrder, atMicros: number): OrderEvent => {
    const { opportunity, minAmountOut } = terms;
    const event = { ...untold(terms.id, atMicros), slot, source: PAPER };
    // Drawn for every order, also one that cannot be priced, so that the stream of chance stays aligned.
    if (random.next() >= landingOdds) return { ...event, state: 'expired', reason: 'not-included' };
    const executed = executeLegs(opportunity, minAmountOut - opportunity.amountIn, market);
    if (executed.ok) {
      const { amountIn, amountOut, leftovers } = executed;
      const costLamports = opportunity.costs.totalLamports;
      return { ...event, state: 'landed', reason: 'filled', amountIn, amountOut, leftovers, costLamports };
    }
    const { reason } = executed;
    if (reason === 'state-unknown') return { ...event, state: 'expired', reason };
    return { ...event, state: 'failed', reason, costLamports: opportunity.costs.failureLamports };
  };

  return {
    movesMarket: false,
    take(order) {
      const terms = termsOf(order);
      pending.push({ terms, landingSlot: terms.slot + slotsUnderWay(), told: false });
    },
    beginSlot(slot, atMicros) {
      const events: OrderEvent[] = [];
      const before = pending;
      pending = [];
      for (const order of before) {
        if (order.landingSlot < slot) {
          events.push(end(order, atMicros));
          continue;
        }
        pending.push(order);
        if (order.told) continue;
        order.told = true;
        const { terms, landingSlot } = order;
        events.push({
          ...untold(terms.id, atMicros),
          slot: terms.slot,
          source: PAPER,
          state: 'submitted',
          reason: `lands in slot ${landingSlot}`,
        });
      }
      return events;
    },
  };
}
