import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import type { Market } from '../../../shared/market/market.ts';
import { createProofs, proofHolds, type VenueProof } from '../../../shared/platform/chain/proofs.ts';
import { createSqliteStore } from '../../../shared/platform/store/sqlite-store.ts';
import type { ControlRow } from '../../../shared/platform/store/store.ts';
import { STORE_FILE } from '../../../shared/platform/store/store-file.ts';
import type { SkippedPool } from '../../../shared/run/universe.ts';
import { VENUES } from '../../../shared/venues/registry.ts';
import { venueControl } from '../../streamer/inputs/program-guard.ts';
import { EXIT } from '../frame/exit-code.ts';
import { refuseIdle, refuseIdleFlags, STANDING_MARKET_KEYS } from '../frame/used-keys.ts';
import { defineVerb } from '../frame/verb.ts';
import { loadStandingMarket } from './venue-market.ts';
import { overrideQuarantine } from './venue-override.ts';

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
  /** Whether its program may be traded on, as the last service of this data directory and the last proof have it. */
  readonly state: 'proven' | 'unproven' | 'disproven' | 'quarantined' | 'overridden';
  /** Why it is in quarantine, or who lets it trade and why; '' otherwise. */
  readonly reason: string;
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
    'store.dir; a venue is quarantined while a service has seen its program redeployed and no proof holds. The hash names the program that was proven, as solana-verify prints it.',
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
  usesConfig: [...STANDING_MARKET_KEYS, 'store.dir'],
  async run({ flags, stdout, clock, cwd, loadConfig }) {
    const loaded = loadConfig();
    const { config } = loaded;
    if (flags.override !== undefined) {
      const because = 'an override is written to the store, and no market is looked at';
      refuseIdleFlags(flags, ['snapshot', 'json'], because);
      refuseIdle(loaded, STANDING_MARKET_KEYS, because);
      const dir = resolve(cwd, config.store.dir);
      const by = `arb venues, user ${userInfo().username}`;
      stdout.line(await overrideQuarantine({ dir, venue: flags.override, reason: flags.reason, by, clock }));
      return EXIT.ok;
    }
    refuseIdleFlags(flags, ['reason'], 'it goes with --override VENUE');
    const dir = resolve(cwd, config.store.dir);
    const proofs = createProofs(dir).all();
    const controls = await storedControls(dir);
    const { market, skipped } = await loadStandingMarket({
      loaded,
      clock,
      cwd,
      snapshotFile: flags.snapshot,
    });
    const pools = poolRows(market, skipped);
    const venues = venueRows(pools, proofs, controls);
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

/** What the store of the data directory holds; nothing where no service has made one. */
async function storedControls(dir: string): Promise<readonly ControlRow[]> {
  if (!existsSync(join(dir, STORE_FILE))) return [];
  const store = createSqliteStore({ dir });
  try {
    return await store.controls();
  } finally {
    await store.close();
  }
}

function venueRows(
  pools: readonly PoolRow[],
  proofs: readonly VenueProof[],
  controls: readonly ControlRow[],
): readonly VenueRow[] {
  return VENUES.map(({ id, programId }) => {
    const own = pools.filter(({ venue }) => venue === id);
    const proof = proofs.find(({ venue }) => venue === id);
    const control = controls.find(({ name }) => name === venueControl(id));
    return {
      venue: id,
      programId,
      pools: own.length,
      live: own.filter(({ state }) => state === 'live').length,
      ...standing(proof, control),
      proof: proof === undefined ? null : { ...proof, holds: proofHolds(proof) },
    };
  });
}

function standing(
  proof: VenueProof | undefined,
  control: ControlRow | undefined,
): Pick<VenueRow, 'state' | 'reason'> {
  if (control?.value === 'paused') return { state: 'quarantined', reason: control.reason };
  if (proof !== undefined) return { state: proofHolds(proof) ? 'proven' : 'disproven', reason: '' };
  if (control === undefined) return { state: 'unproven', reason: '' };
  return { state: 'overridden', reason: `${control.by}: ${control.reason}` };
}

function venueTable(venues: readonly VenueRow[]): readonly string[] {
  return table(
    ['VENUE', 'PROGRAM', 'STATE', 'LIVE', 'POOLS', 'LAST PROOF', 'EQUAL', 'PROGRAM HASH', 'REASON'],
    venues.map(({ venue, programId, state, reason, live, pools, proof }) => {
      const place = [venue, programId, state, String(live), String(pools)];
      if (proof === null) return [...place, 'none', '-', '-', reason];
      const equal = `${proof.equal} of ${proof.samples}${proof.holds ? '' : ', DOES NOT HOLD'}`;
      return [...place, proof.date, equal, proof.programDataHash, reason];
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
