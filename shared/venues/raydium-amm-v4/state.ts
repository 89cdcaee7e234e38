import type { AccountBytes } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { U64_MAX } from '../../core/units.ts';
import type { HeldVaults } from '../token/vault.ts';
import type { PoolState, QuoteRefusal } from '../venue.ts';
import { swapUnits } from './compute.ts';
import type { AmmFigures } from './layout.ts';
import { type BookFunds, type MarketKeys, NO_FUNDS, type UnbookedFills } from './order-book.ts';
import {
  type AmmRules,
  RULE_SETS,
  STATUS_INITIALIZED,
  STATUS_SWAP_ONLY,
  STATUS_WAITING_TRADE,
} from './program.ts';

/** Everything that a quote in one direction reads, made ready by `refresh`. Amounts in base units. */
export interface AmmSide {
  /** Why this direction pays nothing whatever comes in; undefined when it trades. */
  readonly closed: QuoteRefusal | undefined;
  /** Unix seconds before which nothing trades; 0 when the pool does not wait. */
  readonly opensAt: number;
  /** Vaults and order book less what is owed to the protocol. */
  readonly reserveIn: bigint;
  readonly reserveOut: bigint;
  /** The most that may still come in before the vault leaves 64 bits. */
  readonly roomIn: bigint;
  readonly vaultOut: bigint;
  readonly feeNumerator: bigint;
  readonly feeDenominator: bigint;
  /** The most that the pool's running total of fees may still take. */
  readonly feeRoom: bigint;
  readonly computeUnits: number;
  readonly feeUp: boolean;
}

/** The order book of a pool that is still attached to one, with what the pool holds there. */
export interface AttachedBook {
  readonly program: Address;
  readonly market: Address;
  readonly openOrders: Address;
  readonly openOrdersBytes: Uint8Array;
  /** Market and owner as the open orders account holds them. */
  readonly identity: Uint8Array;
  readonly keys: MarketKeys;
  readonly marketAccount: AccountBytes;
  /** The pool's booked totals, and what unbooked fills add to them. */
  readonly booked: BookFunds;
  readonly unbooked: UnbookedFills;
}

/** One bit for each account whose newest bytes could not be used. */
export const UNUSABLE = { pool: 1, vaultA: 2, vaultB: 4, market: 8, openOrders: 16, eventQueue: 32 } as const;

/** What the other sets make of a pool whose program is not known: with the order book, and by the vaults alone. */
export interface OtherSides {
  readonly feeUp: AmmSide;
  readonly vaultsOnly: AmmSide;
}

/** A pool and all that its quotes read: coin is mint A, pc is mint B. Only `load`, `apply` and `settle` change one. */
export interface AmmV4State extends PoolState, HeldVaults {
  /** What the deployed program is known to do; undefined while it is not. */
  readonly rules: AmmRules | undefined;
  poolData: Uint8Array;
  figures: AmmFigures;
  /** undefined for the pools that trade from their vaults alone. */
  book: AttachedBook | undefined;
  unusable: number;
  sideAToB: AmmSide;
  sideBToA: AmmSide;
  /** Undefined where the program is known. */
  othersAToB: OtherSides | undefined;
  othersBToA: OtherSides | undefined;
}

type WorkedOut = 'sideAToB' | 'sideBToA' | 'othersAToB' | 'othersBToA';
/** Everything of a state but what `refresh` works out. */
export type AmmV4Parts = Omit<AmmV4State, WorkedOut>;

export function createState(parts: AmmV4Parts): AmmV4State {
  const state = { ...parts } as AmmV4State;
  refresh(state);
  return state;
}

/** Works out both directions again after any part changed. */
export function refresh(state: AmmV4State): void {
  const rules = state.rules ?? RULE_SETS['fee-to-nearest']!;
  state.sideAToB = sideOf(state, true, rules);
  state.sideBToA = sideOf(state, false, rules);
  state.othersAToB = state.rules === undefined ? othersOf(state, true) : undefined;
  state.othersBToA = state.rules === undefined ? othersOf(state, false) : undefined;
}

function othersOf(state: AmmV4Parts, aToB: boolean): OtherSides {
  return {
    feeUp: sideOf(state, aToB, RULE_SETS['fee-up']!),
    vaultsOnly: sideOf(state, aToB, RULE_SETS['vaults-only']!),
  };
}

function sideOf(state: AmmV4Parts, aToB: boolean, rules: AmmRules): AmmSide {
  const { figures, vaultAmountA, vaultAmountB } = state;
  const book = rules.countsBook ? state.book : undefined;
  const booked = book?.booked ?? NO_FUNDS;
  const unbooked = book?.unbooked ?? NO_FUNDS;
  const reserveA = vaultAmountA + booked.coin + unbooked.coin - figures.needTakePnlCoin;
  const reserveB = vaultAmountB + booked.pc + unbooked.pc - figures.needTakePnlPc;
  return {
    closed: closedBecause(state, reserveA, reserveB),
    opensAt: figures.status === STATUS_WAITING_TRADE ? figures.openTime : 0,
    reserveIn: aToB ? reserveA : reserveB,
    reserveOut: aToB ? reserveB : reserveA,
    roomIn: U64_MAX - (aToB ? vaultAmountA : vaultAmountB),
    vaultOut: aToB ? vaultAmountB : vaultAmountA,
    feeNumerator: figures.swapFeeNumerator,
    feeDenominator: figures.swapFeeDenominator,
    feeRoom: rules.keepsTotals ? U64_MAX - (aToB ? figures.swapAccCoinFee : figures.swapAccPcFee) : U64_MAX,
    feeUp: rules.feeUp,
    computeUnits: swapUnits(state, book?.unbooked.events),
  };
}

/**
 * The program fails every swap with InvalidStatus under any status but these three, CheckedSubOverflow when more is
 * owed to the protocol than a side holds, CheckedAddOverflow beyond 64 bits, and InsufficientFunds on an empty side.
 */
function closedBecause(state: AmmV4Parts, reserveA: bigint, reserveB: bigint): QuoteRefusal | undefined {
  const { status } = state.figures;
  if (state.unusable !== 0) return 'missing-account';
  if (status !== STATUS_SWAP_ONLY && status !== STATUS_WAITING_TRADE && status !== STATUS_INITIALIZED) {
    return 'pool-disabled';
  }
  if (reserveA <= 0n || reserveB <= 0n) return 'no-liquidity';
  return reserveA > U64_MAX || reserveB > U64_MAX ? 'amount-overflow' : undefined;
}
