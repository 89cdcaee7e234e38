import type { Address } from '../../shared/core/address.ts';
import type { ChainClock } from '../../shared/core/clock.ts';
import type { Instruction } from '../../shared/core/instruction.ts';
import type { ProgramVm } from '../../shared/platform/litesvm/program-vm.ts';
import type { Route } from '../../shared/routing/route.ts';
import type { ProofWallet } from './prove-wallet.ts';

/** What executing one route found. Amounts are base units as decimal strings. */
export interface RouteProof {
  readonly routeId: string;
  readonly startMint: Address;
  /** The start mint again for a cycle; another for a chain of pools that no cycle joins. */
  readonly endMint: Address;
  readonly venues: readonly string[];
  /** Of the start mint, as the first leg takes it. */
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

/**
 * Executes a route in one transaction, every leg with what is quoted as its least output, and compares what the wallet
 * holds of every mint afterwards with what the quotes predict. `offered` is handed to the first leg.
 */
export function proveRoute(params: RouteProofParams, route: Route, offered: bigint): RouteProof {
  const { vm, wallet } = params;
  const { startMint, hops } = route;
  const endMint = hops.at(-1)!.mintOut;
  const { instructions, after, taken } = legsOf(params, route, offered);
  for (const mint of after.keys()) wallet.give(mint, mint === startMint ? offered : 0n);
  const endBefore = endMint === startMint ? offered : 0n;
  const about = {
    routeId: route.id,
    startMint,
    endMint,
    venues: hops.map(({ pool }) => pool.venue.id),
    amountIn: String(taken),
    predicted: String(after.get(endMint)! - endBefore),
  };
  const executed = vm.execute(instructions);
  if (!executed.ok) {
    const leg = executed.instruction === undefined ? '' : `leg ${executed.instruction + 1}: `;
    return { ...about, realised: null, equal: false, error: `${leg}${executed.error}` };
  }
  const { accounts, bytes, usesLookupTable, computeUnits } = executed;
  const held = (mint: Address): bigint => wallet.amountIn(mint, accounts, mint === startMint ? offered : 0n);
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

/** The legs' instructions, what the first takes, and what the wallet should hold of each mint after them. */
function legsOf({ clock, vm, wallet }: RouteProofParams, { startMint, hops }: Route, offered: bigint) {
  const instructions: Instruction[] = [];
  const after = new Map<Address, bigint>([[startMint, offered]]);
  const add = (mint: Address, change: bigint): void => {
    after.set(mint, (after.get(mint) ?? 0n) + change);
  };
  let amountIn = offered;
  let taken: bigint | undefined;
  for (const { pool, aToB, mintIn, mintOut } of hops) {
    const state = pool.state!;
    const quote = pool.venue.quote(state, aToB, amountIn, clock);
    const minAmountOut = quote.ok ? quote.amountOut : 0n;
    // Venues that trade in lots leave a part of what they are offered.
    if (quote.ok) add(mintIn, -quote.consumedIn);
    taken ??= quote.ok ? quote.consumedIn : 0n;
    add(mintOut, minAmountOut);
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
    amountIn = minAmountOut;
  }
  return { instructions, after, taken };
}
