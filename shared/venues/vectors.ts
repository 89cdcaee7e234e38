import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import type { ChainClock } from '../core/clock.ts';
import { ArbError } from '../core/errors.ts';
import { type ProgramHash, rulesOfPrograms } from './program-rules-of.ts';
import { VENUES, venueById } from './registry.ts';
import type { PoolState, Venue } from './venue.ts';

/** One swap that the real program executed, and what it paid. Amounts in base units. */
export interface VectorSwap {
  readonly aToB: boolean;
  readonly amountIn: bigint;
  /** null: the program failed the swap. */
  readonly amountOut: bigint | null;
  /** What it took, where that is known to differ from `amountIn`. */
  readonly consumedIn: bigint | undefined;
}

/** A pool's accounts at one moment, and swaps that each start from there. */
export interface VectorCase {
  readonly name: string;
  readonly pool: Address;
  readonly clock: ChainClock;
  readonly accounts: ReadonlyMap<Address, AccountBytes>;
  readonly swaps: readonly VectorSwap[];
}

export interface VectorFile {
  readonly venue: string;
  readonly cases: readonly VectorCase[];
  /** The binaries that executed the swaps; of one that is not among them nobody knows what it does. */
  readonly programs?: readonly ProgramHash[] | undefined;
}

/** A swap where our quote and the program differ: base units as decimal strings, null for a refusal. */
export interface VectorMismatch {
  readonly case: string;
  readonly aToB: boolean;
  readonly amountIn: string;
  readonly expected: string | null;
  readonly got: string | null;
  /** Only where the amount taken is what differs. */
  readonly expectedConsumed?: string;
  readonly gotConsumed?: string;
  /** Why our quote refused, or why the pool could not be loaded. */
  readonly reason?: string;
}

export interface VectorReplay {
  readonly venue: string;
  readonly swaps: number;
  readonly equal: number;
  /** The first ten. */
  readonly mismatches: readonly VectorMismatch[];
}

const SHOWN_MISMATCHES = 10;

/**
 * Quotes every swap of the file and counts the answers that equal the program's to the unit; a failed swap is
 * equal when our quote refuses. A pool that does not load has no equal swap. Throws `venue-not-built` when the
 * registry lacks the file's venue.
 */
export function replayVectors(file: VectorFile): VectorReplay {
  const venue = venueById(file.venue);
  if (venue === undefined) {
    const built = VENUES.map(({ id }) => id).join(', ');
    throw new ArbError('venue-not-built', `venue "${file.venue}" is not built yet (built: ${built})`, {
      venue: file.venue,
    });
  }
  const rules = rulesOfPrograms(file.programs).get(venue.id);
  const mismatches: VectorMismatch[] = [];
  let swaps = 0;
  let wrong = 0;
  for (const vectorCase of file.cases) {
    const state = loadCase(venue, vectorCase, rules);
    for (const swap of vectorCase.swaps) {
      swaps++;
      const mismatch = compare(venue, state, vectorCase, swap);
      if (mismatch === undefined) continue;
      wrong++;
      if (mismatches.length < SHOWN_MISMATCHES) mismatches.push(mismatch);
    }
  }
  return { venue: file.venue, swaps, equal: swaps - wrong, mismatches };
}

/** The case's pool, or the sentence that says why it does not load. */
function loadCase(
  venue: Venue,
  { pool, accounts }: VectorCase,
  rules: string | undefined,
): PoolState | string {
  const loaded = venue.load(pool, (address) => accounts.get(address), rules);
  if (loaded.ok) return loaded.state;
  if ('missing' in loaded) return `pool does not load: the file lacks ${loaded.missing.join(', ')}`;
  return `pool does not load: ${loaded.reason}${loaded.detail === undefined ? '' : ` (${loaded.detail})`}`;
}

function compare(
  venue: Venue,
  state: PoolState | string,
  vectorCase: VectorCase,
  swap: VectorSwap,
): VectorMismatch | undefined {
  const about = {
    case: vectorCase.name,
    aToB: swap.aToB,
    amountIn: String(swap.amountIn),
    expected: swap.amountOut === null ? null : String(swap.amountOut),
  };
  if (typeof state === 'string') return { ...about, got: null, reason: state };
  const quote = venue.quote(state, swap.aToB, swap.amountIn, vectorCase.clock);
  if (!quote.ok) return swap.amountOut === null ? undefined : { ...about, got: null, reason: quote.reason };
  if (swap.amountOut !== quote.amountOut) return { ...about, got: String(quote.amountOut) };
  if (swap.consumedIn === undefined || swap.consumedIn === quote.consumedIn) return undefined;
  return {
    ...about,
    got: String(quote.amountOut),
    expectedConsumed: String(swap.consumedIn),
    gotConsumed: String(quote.consumedIn),
  };
}
