import type { Address } from '../core/address.ts';

/** What a leg was paid or offered beyond what the chain of legs took on: stays in the wallet. Base units. */
export interface Leftover {
  readonly mint: Address;
  readonly amount: bigint;
}

/**
 * What an order has come to: `journaled` (written down, to be sent), `submitted` (on the wire), `landed` (the chain has
 * executed it), `failed` (it landed and reverted), `expired` (it cannot land any more), `unknown` (nobody can say: it may
 * have landed). The last is no end: what the order holds stays held until one of the three before it is told.
 * An end of which the chain shows the contrary is told again, as what it is: the engine corrects what it has booked.
 */
export const ORDER_STATES = ['journaled', 'submitted', 'landed', 'failed', 'expired', 'unknown'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/** What became of an order, as whoever executes it tells the engine. */
export interface OrderEvent {
  readonly kind: 'order';
  readonly atMicros: number;
  /** Of the order, as approved. */
  readonly id: string;
  readonly state: OrderState;
  readonly reason: string;
  /** In which it landed, or as of which this is known. */
  readonly slot: number;
  /** What the first hop really took and what the last one paid, base units of the start mint; 0 unless landed. */
  readonly amountIn: bigint;
  readonly amountOut: bigint;
  readonly leftovers: readonly Leftover[];
  /** Really spent on it: fees, tip and rent; 0 unless it landed or failed. */
  readonly costLamports: bigint;
  /** Who says so. */
  readonly source: string;
}

/** Source of what an order is told to be because time has passed, and nothing else: the engine itself says so. */
export const BY_TIME = 'time';

/** True for the states that let go of what an order holds. */
export function isEnd(state: OrderState): state is 'landed' | 'failed' | 'expired' {
  return state === 'landed' || state === 'failed' || state === 'expired';
}

/** What an event says of an order where nothing has moved. */
export function untold(id: string, atMicros: number) {
  return {
    kind: 'order',
    atMicros,
    id,
    amountIn: 0n,
    amountOut: 0n,
    leftovers: [],
    costLamports: 0n,
  } as const;
}
