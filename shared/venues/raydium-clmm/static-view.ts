import { RULES_OF_DYNAMIC_FEE, RULES_OF_STATIC_FEE } from './program.ts';
import type { ClmmState, StaticParts } from './state.ts';
import type { TickArray } from './tick-array.ts';

/** The rules of the deployed program matter for this pool, and are not those that the state is decoded by. */
export function isSeenTwoWays(state: ClmmState): boolean {
  return state.rules !== RULES_OF_DYNAMIC_FEE && partsOf(state).differs;
}

/** The pool as a program sees it that reads no dynamic fee, no side for the fee and no limit orders. */
export function staticView(state: ClmmState): ClmmState {
  const { tickArrays, ladders } = partsOf(state);
  return { ...state, feeOn: 0, dynamicFee: undefined, tickArrays, ladders, staticParts: undefined };
}

/** As the deployed program sees it; where nobody knows which that is, as the newest would. */
export function seenState(state: ClmmState): ClmmState {
  return state.rules === RULES_OF_STATIC_FEE && isSeenTwoWays(state) ? staticView(state) : state;
}

function partsOf(state: ClmmState): StaticParts {
  if (state.staticParts !== undefined) return state.staticParts;
  const { tickArrays } = state;
  const ordered = [...tickArrays.values()].some(hasOrders);
  state.staticParts = {
    differs: ordered || state.feeOn !== 0 || state.dynamicFee !== undefined,
    tickArrays: ordered
      ? new Map([...tickArrays].map(([start, array]) => [start, withoutOrders(array)]))
      : tickArrays,
    ladders: [],
  };
  return state.staticParts;
}

function hasOrders({ orders, bounds }: TickArray): boolean {
  return orders.some((offered) => offered > 0n) || bounds.includes(false);
}

/** Where only orders stand there is no tick for it. */
function withoutOrders(array: TickArray): TickArray {
  const { bounds } = array;
  if (!hasOrders(array)) return array;
  const kept = <T>(values: readonly T[]): readonly T[] => values.filter((_, i) => bounds[i]);
  return {
    ...array,
    ticks: kept(array.ticks),
    offsets: kept(array.offsets),
    nets: kept(array.nets),
    bounds: kept(bounds),
    orders: kept(array.orders).map(() => 0n),
    prices: kept(array.prices),
  };
}
