import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import type { Market } from '../../shared/market/market.ts';
import { createProofs, proofHolds, type VenueProof } from '../../shared/platform/proofs.ts';
import { VENUES } from '../../shared/venues/registry.ts';
import type { SkippedPool } from '../streamer/universe.ts';
import { EXIT } from './exit-code.ts';
import { loadStandingMarket } from './venue-market.ts';
import { overrideQuarantine } from './venue-override.ts';
import { defineVerb } from './verb.ts';

/** A pool of the market: `live` may trade; the others say why not. */
export interface PoolRow {
  readonly venue: string;
  readonly pool: string;
  readonly state: 'live' | 'loading' | 'excluded' | 'skipped';
  readonly reason: string;
}

export interface VenueRow {
  readonly venue: string;
  readonly programId: string;
  readonly pools: number;
  readonly live: number;
  /** The last `arb prove` of this data directory; null when there was none. */
  readonly proof: (VenueProof & { readonly holds: boolean }) | null;
}

/** `arb venues`: every venue that is built, its pools in a market, and its last proof. */
export const venuesVerb = defineVerb({
  name: 'venues',
  summary: 'the venues, their pools in a market with what excludes them, and their last proofs',
  usage: '[--snapshot FILE] [--json] | --override VENUE --reason TEXT',
  details: [
    'Without --snapshot: the pools of the configured market (built-in, a file, or live: fetched once from rpc.url).',
    'A pool is live, loading (the market lacks an account that it needs), excluded (its venue refuses its accounts, with',
    'the reason) or skipped (its venue is not built, or it is named twice). Proofs are those that arb prove wrote under',
    'store.dir; the hash names the program that was proven, as solana-verify prints it.',
  ].join('\n'),
  flags: {
    snapshot: { kind: 'string', value: 'FILE', summary: 'market snapshot instead of the configured market' },
    json: { kind: 'boolean', summary: 'print one JSON object' },
    override: {
      kind: 'string',
      value: 'VENUE',
      summary: 'let a quarantined venue trade on the program that is deployed now',
    },
    reason: { kind: 'string', value: 'TEXT', summary: 'why, kept with the override' },
  },
  usesConfig: true,
  async run({ flags, stdout, clock, cwd, loadConfig }) {
    const { config } = loadConfig();
    if (flags.override !== undefined) {
      const dir = resolve(cwd, config.store.dir);
      const by = `arb venues, user ${userInfo().username}`;
      stdout.line(await overrideQuarantine({ dir, venue: flags.override, reason: flags.reason, by, clock }));
      return EXIT.ok;
    }
    const proofs = createProofs(resolve(cwd, config.store.dir)).all();
    const { market, skipped } = await loadStandingMarket({
      config,
      clock,
      cwd,
      snapshotFile: flags.snapshot,
    });
    const pools = poolRows(market, skipped);
    const venues = venueRows(pools, proofs);
    if (flags.json) stdout.line(JSON.stringify({ venues, pools }, null, 2));
    else for (const line of [...venueTable(venues), '', ...poolTable(pools)]) stdout.line(line);
    return EXIT.ok;
  },
});

function poolRows(market: Market, skipped: readonly SkippedPool[]): readonly PoolRow[] {
  return [
    ...market.pools.flatMap(({ venue, address, status, reason, missing }): PoolRow[] => {
      if (status === 'removed') return [];
      const why = status === 'loading' ? `lacks ${[...missing].join(', ')}` : reason;
      return [{ venue: venue.id, pool: address, state: status, reason: why }];
    }),
    ...skipped.map(({ venue, pool, reason }): PoolRow => ({ venue, pool, state: 'skipped', reason })),
  ];
}

function venueRows(pools: readonly PoolRow[], proofs: readonly VenueProof[]): readonly VenueRow[] {
  return VENUES.map(({ id, programId }) => {
    const own = pools.filter(({ venue }) => venue === id);
    const proof = proofs.find(({ venue }) => venue === id);
    return {
      venue: id,
      programId,
      pools: own.length,
      live: own.filter(({ state }) => state === 'live').length,
      proof: proof === undefined ? null : { ...proof, holds: proofHolds(proof) },
    };
  });
}

function venueTable(venues: readonly VenueRow[]): readonly string[] {
  return table(
    ['VENUE', 'PROGRAM', 'LIVE', 'POOLS', 'LAST PROOF', 'EQUAL', 'PROGRAM HASH'],
    venues.map(({ venue, programId, live, pools, proof }) => {
      const place = [venue, programId, String(live), String(pools)];
      if (proof === null) return [...place, 'none', '-', '-'];
      const equal = `${proof.equal} of ${proof.samples}${proof.holds ? '' : ', DOES NOT HOLD'}`;
      return [...place, proof.date, equal, proof.programDataHash];
    }),
  );
}

function poolTable(pools: readonly PoolRow[]): readonly string[] {
  return table(
    ['VENUE', 'POOL', 'STATE', 'REASON'],
    pools.map(({ venue, pool, state, reason }) => [venue, pool, state, reason]),
  );
}

/** Columns as wide as their widest cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
