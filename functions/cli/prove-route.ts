import type { Address } from '../../shared/core/address.ts';
import type { ChainClock } from '../../shared/core/clock.ts';
import type { Instruction } from '../../shared/core/instruction.ts';
import { createStaticCosts } from '../../shared/costs/costs.ts';
import type { Market } from '../../shared/market/market.ts';
import type { ProgramVm } from '../../shared/platform/litesvm/program-vm.ts';
import { createTally } from '../../shared/routing/reason.ts';
import type { Route } from '../../shared/routing/route.ts';
import { createSearch } from '../../shared/routing/search.ts';
import { quoteRoute } from '../../shared/routing/sizing.ts';
import type { ProofWallet } from './prove-wallet.ts';

/** What executing one cycle found. Amounts are base units of the start mint, as decimal strings. */
export interface RouteProof {
  readonly routeId: string;
  readonly startMint: Address;
  readonly venues: readonly string[];
  readonly amountIn: string;
  /** How the start mint's balance should change. */
  readonly predicted: string;
  /** How it did; null when the transaction failed. */
  readonly realised: string | null;
  readonly equal: boolean;
  readonly error?: string;
  /** What was left of the mints between, which should be spent whole. */
  readonly leftOver?: string;
  /** Of the transaction, with a look-up table where it needs one. */
  readonly bytes?: number;
  readonly usesLookupTable?: boolean;
  /** A real transaction may use 1,400,000. */
  readonly computeUnits?: number;
}

export interface RouteProofParams {
  readonly market: Market;
  readonly clock: ChainClock;
  readonly vm: ProgramVm;
  readonly wallet: ProofWallet;
  readonly startMints: readonly Address[];
  readonly maxLegs: number;
  /** Most that goes in, base units. */
  readonly maxIn: bigint;
  /** How many of the best cycles. */
  readonly best: number;
}

const FREE = createStaticCosts({ baseFeeLamports: 0n, priorityFeeLamports: 0n, tipLamports: 0n });
/** What a cycle that does not pay is tried with. */
const FIXED_SIZES = [10_000n, 1_000_000n, 100_000_000n];
/** Cycles through a pool that none of the best uses. */
const ROUTES_PER_POOL = 3;

/**
 * Executes the best cycles of the market at their best size, each in one transaction, and cycles through every pool
 * that is in none of them at fixed sizes, whether they pay or not: so that each pool is proven as a link of a chain.
 */
export function proveRoutes(params: RouteProofParams): readonly RouteProof[] {
  const { market, clock, startMints, maxLegs, maxIn, best } = params;
  const search = createSearch({
    market,
    startMints,
    maxLegs,
    costs: FREE,
    maxQuotes: Number.MAX_SAFE_INTEGER,
  });
  const gate = { bars: () => undefined, maxIn: () => maxIn };
  const routes = new Map(search.routes.map((route) => [route.id, route]));
  const proofs: RouteProof[] = [];
  const uses = new Map<Address, number>();

  const prove = (route: Route, offered: bigint, amountIn: bigint, amountOut: bigint): void => {
    proofs.push(proveRoute(params, route, offered, amountIn, amountOut));
    for (const { pool } of route.hops) uses.set(pool.address, (uses.get(pool.address) ?? 0) + 1);
  };

  const coherent = market.pools.filter((pool) => pool.coherent);
  const found = search.run(coherent, clock, gate, createTally()).slice(0, best);
  for (const { routeId, legs, amountIn, amountOut } of found) {
    prove(routes.get(routeId)!, legs[0]!.amountIn, amountIn, amountOut);
  }

  for (const route of routes.values()) {
    if (!route.hops.some(({ pool }) => (uses.get(pool.address) ?? 0) < ROUTES_PER_POOL)) continue;
    for (const amountIn of FIXED_SIZES) {
      const quote = quoteRoute(route, amountIn, clock);
      if (quote !== undefined) prove(route, amountIn, quote.amountIn, quote.amountOut);
    }
  }
  return proofs;
}

function proveRoute(
  { clock, vm, wallet }: RouteProofParams,
  route: Route,
  offered: bigint,
  amountIn: bigint,
  amountOut: bigint,
): RouteProof {
  const { startMint, hops } = route;
  const instructions: Instruction[] = [];
  const expectedLeft = new Map<Address, bigint>();
  let amount = offered;
  for (const { pool, aToB, mintIn } of hops) {
    wallet.give(mintIn, mintIn === startMint ? offered : 0n);
    const state = pool.state!;
    const quote = pool.venue.quote(state, aToB, amount, clock);
    const out = quote.ok ? quote.amountOut : 0n;
    // Venues that trade in lots leave a part of what a middle leg is offered.
    if (mintIn !== startMint) expectedLeft.set(mintIn, amount - (quote.ok ? quote.consumedIn : amount));
    instructions.push(
      pool.venue.swap(state, {
        owner: vm.payer,
        tokenA: wallet.accountOf(state.mintA),
        tokenB: wallet.accountOf(state.mintB),
        aToB,
        amountIn: amount,
        minAmountOut: out,
      }),
    );
    amount = out;
  }
  const predicted = amountOut - amountIn;
  const about = {
    routeId: route.id,
    startMint,
    venues: hops.map(({ pool }) => pool.venue.id),
    amountIn: String(amountIn),
    predicted: String(predicted),
  };
  const executed = vm.execute(instructions);
  if (!executed.ok) {
    const leg = executed.instruction === undefined ? '' : `leg ${executed.instruction + 1}: `;
    return { ...about, realised: null, equal: false, error: `${leg}${executed.error}` };
  }
  const { accounts, bytes, usesLookupTable, computeUnits } = executed;
  const realised = wallet.amountIn(startMint, accounts, offered) - offered;
  const wrong = [...expectedLeft].filter(([mint, left]) => wallet.amountIn(mint, accounts, 0n) !== left);
  return {
    ...about,
    realised: String(realised),
    equal: realised === predicted && wrong.length === 0,
    ...(wrong.length === 0 ? {} : { leftOver: wrong.map(([mint]) => mint).join(', ') }),
    bytes,
    usesLookupTable,
    computeUnits,
  };
}
