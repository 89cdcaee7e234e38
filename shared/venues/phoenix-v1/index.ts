import type { Venue } from '../venue.ts';
import { apply, load } from './accounts.ts';
import { holdsUntil } from './holds.ts';
import { BASE_MINT_OFFSET, MARKET_DISCRIMINATOR, QUOTE_MINT_OFFSET } from './layout.ts';
import { phoenixBook } from './order-book.ts';
import { PHOENIX_PROGRAM } from './program.ts';
import { marginalPrice, quote } from './quote.ts';
import { settle } from './settle.ts';
import type { PhoenixState } from './state.ts';
import { swap } from './swap.ts';

export { decodeEventLog, type EventLog, type MarketEvent, type Trade, tradesOf } from './events.ts';
export type { PhoenixState } from './state.ts';
export { type BookLevel, type BookOrder, bookLevels, bookOrders } from './views.ts';

/** Phoenix v1: a limit order book in one account, taken from with immediate-or-cancel orders. */
export const phoenixV1: Venue<PhoenixState> = {
  id: 'phoenix-v1',
  programId: PHOENIX_PROGRAM,
  splTokenOnly: true,
  poolAccounts: {
    discriminator: MARKET_DISCRIMINATOR,
    mintAOffset: BASE_MINT_OFFSET,
    mintBOffset: QUOTE_MINT_OFFSET,
  },
  load,
  apply,
  quote,
  settle,
  marginalPrice,
  holdsUntil,
  swap,
  book: phoenixBook,
};
