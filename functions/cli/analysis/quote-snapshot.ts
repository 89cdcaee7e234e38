import { resolve } from 'node:path';
import { ArbError } from '../../../shared/core/errors.ts';
import { formatUnits } from '../../../shared/core/units.ts';
import { readMarketSnapshot } from '../../../shared/platform/files/snapshot-file.ts';
import { rulesOfPrograms } from '../../../shared/venues/program-rules-of.ts';
import { VENUES, venueById } from '../../../shared/venues/registry.ts';
import type { PoolState, Venue } from '../../../shared/venues/venue.ts';

/** Base units as decimal strings. A refused quote has `refused` instead of amounts out. */
export type SnapshotQuote = {
  readonly venue: string;
  readonly pool: string;
  readonly mintIn: string;
  readonly mintOut: string;
  readonly amountIn: string;
} & ({ readonly amountOut: string; readonly consumedIn: string } | { readonly refused: string });

/**
 * One quote on a snapshot file, as data and as a line for people. Throws `snapshot-…` when the file is bad or lacks
 * the pool or an account of it, and `usage-…` when the venue is not built or the mint is not the pool's.
 */
export function quoteSnapshot(asked: {
  readonly file: string;
  readonly cwd: string;
  readonly pool: string;
  readonly mintIn: string;
  readonly amountIn: bigint;
}): { readonly line: string; readonly answer: SnapshotQuote } {
  const { file, pool, mintIn, amountIn } = asked;
  const snapshot = readMarketSnapshot(resolve(asked.cwd, file));
  const listed = snapshot.pools.find(({ address }) => address === pool);
  if (listed === undefined) {
    const pools = snapshot.pools.map(({ venue, address }) => `\n  ${address} (${venue})`).join('');
    throw new ArbError('usage-unknown-pool', `${file} has no pool "${pool}"; its pools:${pools}`, { pool });
  }
  const venue = builtVenue(listed.venue);
  const accounts = new Map(snapshot.accounts.map(({ address, account }) => [address, account]));
  const loaded = venue.load(
    listed.address,
    (address) => accounts.get(address),
    rulesOfPrograms(snapshot.programs).get(venue.id),
  );
  if (!loaded.ok) {
    const why = 'missing' in loaded ? `${file} lacks ${loaded.missing.join(', ')}` : reasonText(loaded);
    throw new ArbError('snapshot-pool-unusable', `pool ${pool} does not load: ${why}`, { pool });
  }
  const { state } = loaded;
  const aToB = directionOf(state, mintIn);
  const quote = venue.quote(state, aToB, amountIn, snapshot.clock);
  const mintOut = aToB ? state.mintB : state.mintA;
  const about = { venue: venue.id, pool, mintIn, mintOut, amountIn: String(amountIn) };
  const given = amountText(amountIn, aToB ? state.decimalsA : state.decimalsB, mintIn);
  if (!quote.ok) {
    const refused = quote.detail === undefined ? quote.reason : `${quote.reason}: ${quote.detail}`;
    return { line: `${given}: refused, ${refused}`, answer: { ...about, refused } };
  }
  const { amountOut, consumedIn } = quote;
  const got = amountText(amountOut, aToB ? state.decimalsB : state.decimalsA, mintOut);
  const taken = consumedIn === amountIn ? '' : ` (takes only ${consumedIn})`;
  return {
    line: `${given}${taken} -> ${got}`,
    answer: { ...about, amountOut: String(amountOut), consumedIn: String(consumedIn) },
  };
}

function builtVenue(id: string): Venue {
  const venue = venueById(id);
  if (venue !== undefined) return venue;
  const built = VENUES.map((one) => one.id).join(', ');
  throw new ArbError('usage-venue-not-built', `venue "${id}" is not built yet (built: ${built})`, { id });
}

function directionOf({ mintA, mintB, address }: PoolState, mintIn: string): boolean {
  if (mintIn === mintA) return true;
  if (mintIn === mintB) return false;
  const message = `pool ${address} trades ${mintA} and ${mintB}, not "${mintIn}"`;
  throw new ArbError('usage-unknown-mint', message, { mintIn });
}

function reasonText({ reason, detail }: { readonly reason: string; readonly detail?: string }): string {
  return detail === undefined ? reason : `${reason} (${detail})`;
}

function amountText(amount: bigint, decimals: number, mint: string): string {
  return `${amount} (${formatUnits(amount, decimals)}) of ${mint}`;
}
