import type { AccountBytes } from '../../../shared/core/account.ts';
import { type Address, TOKEN_PROGRAM, USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { ASSUMED_CHAIN } from '../../../shared/core/chain-parameters.ts';
import type { ChainClock } from '../../../shared/core/clock.ts';
import { OVERHEAD_UNITS } from '../../../shared/core/compute.ts';
import type { ProgramSource } from '../../../shared/platform/chain/program-binary.ts';
import { createProgramVm } from '../../../shared/platform/chain/vm/program-vm.ts';
import { localHalf } from '../../../shared/venues/local-registry.ts';
import { VENUES } from '../../../shared/venues/registry.ts';
import { encodeMint } from '../../../shared/venues/token/token.ts';
import type { PoolState, Venue } from '../../../shared/venues/venue.ts';
import { LARGEST_AMOUNT, spacedAmounts } from './prove-amounts.ts';
import { outsideAccounts } from './prove-market.ts';
import { createProofWallet } from './prove-wallet.ts';

/** What a venue's counts of compute units came to on its real program. Units of the swap's instruction. */
export interface VenueCaps {
  readonly venue: string;
  readonly skipped?: string;
  readonly pools: number;
  readonly swaps: number;
  /** The most that a transaction of the chain may use, and what was put in its place where no swap comes near it. */
  readonly caps: readonly number[];
  /** Quoted, and the program had enough units. */
  readonly ran: number;
  /** Refused for want of units, and the program ran out of them. */
  readonly ranOut: number;
  /** Refused for want of units, and the program would just have had enough: trades that caution costs. */
  readonly cautious: number;
  /** Quoted, and the program failed or used more than was counted. */
  readonly wrong: number;
  /** The most units that a program used, and what was counted for that swap. */
  readonly mostUsed: number;
  readonly countedForMost: number;
  /** The least and the median of units counted over units used. */
  readonly leastRatio: number;
  readonly medianRatio: number;
}

const CLOCK: ChainClock = { slot: 350_000_000, unixTimestamp: 1_800_000_000, epoch: 810 };
const FEES_BPS = [1, 4, 30, 100];
const VARIANTS = [0, 1, 2, 3];
/** Caps that are tried beside the chain's own, as shares of the most that a swap on the pool is counted to cost. */
const CAP_SHARES = [0.9, 0.6, 0.3];
const SAMPLES = 12;
/** The proven CLMM binary is older than dynamic fees and limit orders. */
const PLAIN_ONLY: ReadonlySet<string> = new Set(['raydium-clmm']);
/** What the VM counts for the instruction that sets the limit. */
const LEADING_UNITS = 150;

/**
 * Swaps at, below and above each cap of compute units on pools that every venue synthesizes, executed by its real program
 * in a VM that gives it all the units it wants and says how many it used. Throws what the source throws.
 */
export async function proveCaps(source: ProgramSource): Promise<readonly VenueCaps[]> {
  const results: VenueCaps[] = [];
  for (const venue of VENUES) results.push(await proveVenueCaps(venue, source));
  return results;
}

/** True when no quote was wrong on any venue and at least one was run. */
export function holds(results: readonly VenueCaps[]): boolean {
  return results.every(({ wrong }) => wrong === 0) && results.some(({ ran }) => ran > 0);
}

async function proveVenueCaps(venue: Venue, source: ProgramSource): Promise<VenueCaps> {
  const tally = createCapsTally(venue.id);
  for (const feeBps of FEES_BPS) {
    for (const variant of PLAIN_ONLY.has(venue.id) ? [0] : VARIANTS) {
      const { held, state } = synthesized(venue, feeBps, variant);
      const wanted = [venue.programId, ...outsideAccounts(venue, state, held)];
      const programs = await source.find([...new Set(wanted)]);
      if (!programs.some(({ programId }) => programId === venue.programId)) {
        return { ...tally.result(), skipped: `the program ${venue.programId} could not be had` };
      }
      const accounts = [...held].map(([address, account]) => ({ address, account }));
      const vm = createProgramVm({ clock: CLOCK, accounts, programs });
      const wallet = createProofWallet(vm, held);
      wallet.learn(state);
      const used = (aToB: boolean, amountIn: bigint): number | undefined => {
        wallet.give(state.mintA, aToB ? amountIn : 0n);
        wallet.give(state.mintB, aToB ? 0n : amountIn);
        const tokens = { tokenA: wallet.accountOf(state.mintA), tokenB: wallet.accountOf(state.mintB) };
        const args = { owner: vm.payer, ...tokens, aToB, amountIn, minAmountOut: 0n };
        const executed = vm.execute([venue.swap(state, args)]);
        return executed.ok ? executed.computeUnits - LEADING_UNITS : undefined;
      };
      for (const aToB of [true, false]) proveDirection(venue, state, aToB, used, tally);
      tally.addPool();
    }
  }
  return tally.result();
}

function proveDirection(
  venue: Venue,
  state: PoolState,
  aToB: boolean,
  used: (aToB: boolean, amountIn: bigint) => number | undefined,
  tally: ReturnType<typeof createCapsTally>,
): void {
  const quoteAt = (amountIn: bigint, clock: ChainClock) => venue.quote(state, aToB, amountIn, clock);
  const free = { ...CLOCK, transactionUnits: Number.MAX_SAFE_INTEGER };
  const top = lastQuoted((amountIn) => quoteAt(amountIn, free).ok);
  const dearest = quoteAt(top, free);
  if (!dearest.ok) return;
  for (const cap of [undefined, ...CAP_SHARES.map((share) => Math.floor(dearest.computeUnits * share))]) {
    const clock = cap === undefined ? CLOCK : { ...CLOCK, transactionUnits: cap + OVERHEAD_UNITS };
    // Below the whole cap nothing is refused for want of units where the venue's swaps all cost the same.
    const last = lastQuoted((amountIn) => quoteAt(amountIn, clock).ok);
    const edges = [last - 1n, last, last + 1n, (last * 101n) / 100n, (last * 11n) / 10n, (last * 3n) / 2n];
    const amounts = cap === undefined ? [...spacedAmounts(SAMPLES, top), ...edges] : edges;
    for (const amountIn of amounts) {
      if (amountIn <= 0n || amountIn > top || amountIn > LARGEST_AMOUNT) continue;
      const quote = quoteAt(amountIn, clock);
      if (!quote.ok && quote.reason !== 'compute') continue;
      const limit = cap ?? ASSUMED_CHAIN.transactionUnits;
      const counted = quoteAt(amountIn, free);
      tally.add(limit, quote.ok, counted.ok ? counted.computeUnits : undefined, used(aToB, amountIn));
    }
  }
}

/** The largest amount found that is quoted: quotes end somewhere and do not begin again. 1 where none is. */
function lastQuoted(isQuoted: (amountIn: bigint) => boolean): bigint {
  let low = LARGEST_AMOUNT;
  while (low > 1n && !isQuoted(low)) low >>= 1n;
  if (low === LARGEST_AMOUNT) return low;
  let high = low * 2n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (isQuoted(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function createCapsTally(venue: string) {
  const count = { pools: 0, swaps: 0, ran: 0, ranOut: 0, cautious: 0, wrong: 0 };
  const caps = new Set<number>();
  const ratios: number[] = [];
  let mostUsed = 0;
  let countedForMost = 0;
  return {
    addPool(): void {
      count.pools += 1;
    },
    add(cap: number, isQuoted: boolean, counted: number | undefined, used: number | undefined): void {
      count.swaps += 1;
      caps.add(cap);
      const fits = used !== undefined && used <= cap;
      if (isQuoted) count[fits && used <= (counted ?? 0) ? 'ran' : 'wrong'] += 1;
      else count[fits ? 'cautious' : 'ranOut'] += 1;
      if (used === undefined || counted === undefined) return;
      ratios.push(counted / used);
      if (used > mostUsed) [mostUsed, countedForMost] = [used, counted];
    },
    result(): VenueCaps {
      ratios.sort((a, b) => a - b);
      const rounded = (ratio: number | undefined): number => Math.round((ratio ?? 0) * 1_000) / 1_000;
      return {
        venue,
        ...count,
        caps: [...caps].sort((a, b) => a - b),
        mostUsed,
        countedForMost,
        leastRatio: rounded(ratios[0]),
        medianRatio: rounded(ratios[ratios.length >> 1]),
      };
    },
  };
}

function synthesized(venue: Venue, feeBps: number, variant: number) {
  const mint = (decimals: number): AccountBytes =>
    encodeMint({ tokenProgram: TOKEN_PROGRAM, decimals, supply: 10n ** 18n });
  const held = new Map<Address, AccountBytes>([
    [WSOL_MINT, mint(9)],
    [USDC_MINT, mint(6)],
  ]);
  const made = localHalf(venue).synthesize({
    seed: `caps/${feeBps}/${variant}`,
    mintA: WSOL_MINT,
    mintB: USDC_MINT,
    decimalsA: 9,
    decimalsB: 6,
    price: 142.35,
    depthA: 5_000,
    feeBps,
    variant,
  });
  for (const { address, account } of made.accounts) held.set(address, account);
  const loaded = venue.load(made.address, (address) => held.get(address) ?? null);
  if (!loaded.ok) throw new Error(`${venue.id} does not load what it synthesized`);
  return { held, state: loaded.state };
}

/** The results for people. */
export function capsLines(results: readonly VenueCaps[]): readonly string[] {
  return results.map((one) =>
    one.skipped === undefined
      ? `${one.venue}: ${one.swaps} swaps on ${one.pools} pools: ${one.ran} ran, ${one.ranOut} refused and out of units, ` +
        `${one.cautious} refused with just enough, ${one.wrong} WRONG; counted over used ${one.leastRatio} at least, ` +
        `${one.medianRatio} in the median; most used ${one.mostUsed}, counted ${one.countedForMost}`
      : `${one.venue}: skipped: ${one.skipped}`,
  );
}
