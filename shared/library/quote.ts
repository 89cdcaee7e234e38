/** Exact quotes of one pool from account bytes: what the on-chain program would pay, or why it would not. */
export type { AccountBytes, AccountSource, AccountWrite } from '../core/account.ts';
export { type Address, address, isAddress } from '../core/address.ts';
export type { ChainClock } from '../core/clock.ts';
export { ArbError } from '../core/errors.ts';
export type { Instruction } from '../core/instruction.ts';
export { type ProgramHash, rulesOfPrograms } from '../venues/program-rules-of.ts';
export { VENUES, venueById, venueByProgram } from '../venues/registry.ts';
export type {
  Loaded,
  LoadRefusal,
  PoolAccount,
  PoolState,
  Quote,
  QuotePaid,
  QuoteRefusal,
  Settled,
  SettledPaid,
  SwapArgs,
  Venue,
} from '../venues/venue.ts';
