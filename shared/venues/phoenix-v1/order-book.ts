import type { ChainClock } from '../../core/clock.ts';
import type { Instruction } from '../../core/instruction.ts';
import type { BookFill, VenueBook } from '../order-book.ts';
import { decodeEventLog, tradesOf } from './events.ts';
import type { PhoenixState } from './state.ts';
import { bookLevels, bookOrders } from './views.ts';

/** The book as every venue shows one: whole B per whole A. */
export const phoenixBook: VenueBook<PhoenixState> = {
  levels(state, clock, depth) {
    const { bids, asks } = bookLevels(state, clock, depth);
    const level = ({ priceAtoms, baseAmount, orders }: (typeof bids)[number]) => ({
      price: priceOf(state, priceAtoms),
      amountA: baseAmount,
      orders,
    });
    return { bids: bids.map(level), asks: asks.map(level) };
  },
  orders(state, clock: ChainClock, depth) {
    const { bids, asks } = bookOrders(state, clock, depth);
    const order = (one: (typeof bids)[number]) => ({
      id: `${one.ticks}/${one.sequenceNumber}`,
      price: priceOf(state, one.priceAtoms),
      amountA: one.baseAmount,
      maker: one.maker,
      lastSlot: one.lastValidSlot,
      lastUnixTimestamp: one.lastValidUnixTimestamp,
    });
    return { bids: bids.map(order), asks: asks.map(order) };
  },
  fills(state, inner) {
    const fills: BookFill[] = [];
    for (const instruction of inner) {
      const log = decodeEventLog(signedByAuthority(instruction));
      if (log === undefined || log.market !== state.address) continue;
      for (const trade of tradesOf(log, state.facts)) {
        fills.push({
          slot: trade.slot,
          unixTimestamp: trade.unixTimestamp,
          aToB: trade.side === 'sell',
          price: priceOf(state, trade.priceAtoms),
          amountA: trade.baseAmount,
          amountB: trade.quoteAmount,
          taker: trade.taker,
          maker: trade.maker,
        });
      }
    }
    return fills;
  },
};

/** A node does not tell that a program signed an inner call; the program fails a log that its authority did not sign. */
function signedByAuthority(instruction: Instruction): Instruction {
  const [authority, ...others] = instruction.accounts;
  if (authority === undefined || authority.isSigner) return instruction;
  return { ...instruction, accounts: [{ ...authority, isSigner: true }, ...others] };
}

/** Base units of the quote mint for one unit of base, as whole quote for one whole base. */
function priceOf({ facts }: PhoenixState, priceAtoms: bigint): number {
  const unitAtoms = Number(facts.baseLotsPerUnit * facts.baseLotSize);
  const shift = facts.baseDecimals - facts.quoteDecimals;
  // One rounding: 142.36 and not 142.35999999999999.
  return shift < 0
    ? Number(priceAtoms) / (unitAtoms * 10 ** -shift)
    : (Number(priceAtoms) * 10 ** shift) / unitAtoms;
}
