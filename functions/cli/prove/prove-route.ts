import type { Address } from '../../../shared/core/address.ts';
import type { ChainClock } from '../../../shared/core/clock.ts';
import type { Instruction } from '../../../shared/core/instruction.ts';
import type { PoolEntry } from '../../../shared/market/pool-entry.ts';
import type { ProgramVm } from '../../../shared/platform/chain/vm/program-vm.ts';
import { type Swapped, stateAfter } from '../../../shared/venues/shared-accounts.ts';
import type { ProofWallet } from './prove-wallet.ts';

/** What executing one route found. Amounts are base units as decimal strings. */
export interface RouteProof {
  readonly routeId: string;
  readonly startMint: Address;
  /** The start mint again for a cycle; another for a chain of pools that no cycle joins. */
  readonly endMint: Address;
  /** One a leg. */
  readonly venues: readonly string[];
  /** Of the start mint, as the first legs take it. */
  readonly amountIn: string;
  /** How the end mint's balance should change: a cycle's profit, or what a chain pays. */
  readonly predicted: string;
  /** How it did; null when the transaction failed. */
  readonly realised: string | null;
  readonly equal: boolean;
  readonly error?: string;
  /** Other mints of which something else is left than was predicted. */
  readonly leftOver?: string;
  /** Of the transaction, with a look-up table where it needs one. */
  readonly bytes?: number;
  readonly usesLookupTable?: boolean;
  /** A real transaction may use 1,400,000. */
  readonly computeUnits?: number;
}

export interface RouteProofParams {
  readonly clock: ChainClock;
  readonly vm: ProgramVm;
  readonly wallet: ProofWallet;
}

/** One swap to execute. */
export interface PlannedLeg {
  readonly hop: number;
  readonly pool: PoolEntry;
  readonly aToB: boolean;
  readonly mintIn: Address;
  readonly mintOut: Address;
  /** What it is offered, base units. */
  readonly amountIn: bigint;
}

/** Swaps in execution order, with several of one hop where it is split. */
export interface PlannedRoute {
  readonly routeId: string;
  readonly startMint: Address;
  readonly endMint: Address;
  readonly legs: readonly PlannedLeg[];
}

/**
 * Executes a route in one transaction, every leg with what is quoted as its least output, and compares what the wallet
 * holds of every mint afterwards with what the quotes predict.
 */
export function proveRoute(params: RouteProofParams, planned: PlannedRoute): RouteProof {
  const { vm, wallet } = params;
  const { startMint, endMint, legs } = planned;
  const { instructions, before, after, taken } = build(params, planned);
  for (const [mint, amount] of before) wallet.give(mint, amount);
  const endBefore = before.get(endMint)!;
  const about = {
    routeId: planned.routeId,
    startMint,
    endMint,
    venues: legs.map(({ pool }) => pool.venue.id),
    amountIn: String(taken),
    predicted: String(after.get(endMint)! - endBefore),
  };
  const executed = vm.execute(instructions);
  if (!executed.ok) {
    const leg = executed.instruction === undefined ? '' : `leg ${executed.instruction + 1}: `;
    return { ...about, realised: null, equal: false, error: `${leg}${executed.error}` };
  }
  const { accounts, bytes, usesLookupTable, computeUnits } = executed;
  const held = (mint: Address): bigint => wallet.amountIn(mint, accounts, before.get(mint)!);
  const wrong = [...after].filter(([mint, amount]) => held(mint) !== amount).map(([mint]) => mint);
  const others = wrong.filter((mint) => mint !== endMint);
  return {
    ...about,
    realised: String(held(endMint) - endBefore),
    equal: wrong.length === 0,
    ...(others.length === 0 ? {} : { leftOver: others.join(', ') }),
    bytes,
    usesLookupTable,
    computeUnits,
  };
}

/** The legs' instructions, what the first hop takes, and what the wallet should hold of each mint before and after. */
function build({ clock, vm, wallet }: RouteProofParams, { startMint, legs }: PlannedRoute) {
  const instructions: Instruction[] = [];
  const before = new Map<Address, bigint>();
  const after = new Map<Address, bigint>();
  const left: Swapped[] = [];
  const add = (held: Map<Address, bigint>, mint: Address, change: bigint): void => {
    held.set(mint, (held.get(mint) ?? 0n) + change);
  };
  for (const { hop, mintIn, mintOut, amountIn } of legs) {
    add(before, mintIn, hop === 0 && mintIn === startMint ? amountIn : 0n);
    add(before, mintOut, 0n);
  }
  for (const [mint, amount] of before) after.set(mint, amount);
  let taken = 0n;
  for (const { hop, pool, aToB, mintIn, mintOut, amountIn } of legs) {
    const { venue } = pool;
    const state = stateAfter(venue, pool.state!, left);
    const settled = venue.settle(state, aToB, amountIn, clock);
    const minAmountOut = settled.ok ? settled.amountOut : 0n;
    if (settled.ok) {
      left.push({ venue, state: settled.state });
      // Venues that trade in lots leave a part of what they are offered.
      add(after, mintIn, -settled.consumedIn);
      if (hop === 0) taken += settled.consumedIn;
    }
    add(after, mintOut, minAmountOut);
    instructions.push(
      pool.venue.swap(state, {
        owner: vm.payer,
        tokenA: wallet.accountOf(state.mintA),
        tokenB: wallet.accountOf(state.mintB),
        aToB,
        amountIn,
        minAmountOut,
      }),
    );
  }
  return { instructions, before, after, taken };
}
