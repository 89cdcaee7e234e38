import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Address, isAddress } from '../../../shared/core/address.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import { createRandom } from '../../../shared/core/random.ts';
import type { EndpointConfig } from '../../../shared/platform/config/endpoint-leaf.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { createApiAccess } from '../../../shared/platform/outside/api-access.ts';
import { didYouMean } from '../../../shared/platform/process/nearest.ts';
import type { RpcClient } from '../../../shared/platform/rpc/rpc-client.ts';
import { type CheckedPools, checkPools } from '../../../shared/platform/universe/check-pools.ts';
import { findPools } from '../../../shared/platform/universe/find-pools.ts';
import { mergeUniverse } from '../../../shared/platform/universe/merge-universe.ts';
import {
  EMPTY_UNIVERSE,
  readUniverseFile,
  writeUniverseFile,
} from '../../../shared/platform/universe/universe-file.ts';
import { VENUES, venueById } from '../../../shared/venues/registry.ts';
import type { Venue } from '../../../shared/venues/venue.ts';
import { EXIT } from '../frame/exit-code.ts';
import { localNodeModule } from '../frame/local-chain.ts';
import { refuseIdle, STANDING_MARKET_KEYS } from '../frame/used-keys.ts';
import { defineVerb, type VerbContext } from '../frame/verb.ts';

const DEFAULT_FILE = 'universe.json';

/** `arb discover`: the pools of some mints, found on a node, checked, and written to the universe file. */
export const discoverVerb = defineVerb({
  name: 'discover',
  summary: 'find the pools of some mints on a node, check them, and write the universe file',
  usage: '--mint A --mint B [--mint C …] [--venue V …] [--min-liquidity USD] [--out FILE] [--json]',
  details: [
    'Asks the node of rpc.url (or rpc.endpoints) for every venue’s pools of every pair of the mints; without one, the',
    'local node of the configured market. Each pool is loaded as the service would: those that cannot be traded, or hold',
    'less than --min-liquidity to trade on both sides together (by exact quotes near the price, not by what vaults hold), are left out with the reason. What is kept is merged into the file',
    `(--out, else universe.file, else ${DEFAULT_FILE}): pools of other mints, all switches and notes stay as they are, also of pools switched off that were not found. A running`,
    'service with universe.file reads it again by itself. Exit 1 when no pool is kept, or it was stopped.',
  ].join('\n'),
  flags: {
    mint: { kind: 'list', value: 'MINT', summary: 'two or more mints; every pair is searched' },
    venue: { kind: 'list', value: 'VENUE', summary: 'only these venues' },
    'min-liquidity': {
      kind: 'number',
      value: 'USD',
      summary: 'least that can be traded out of both sides, US dollars (default 0)',
    },
    out: { kind: 'string', value: 'FILE', summary: 'the universe file to write' },
    json: { kind: 'boolean', summary: 'print one JSON object' },
  },
  usesConfig: [...STANDING_MARKET_KEYS.filter((key) => key !== 'universe'), 'universe.file', 'sim'],
  async run(context) {
    const { flags, stdout, stderr, cwd, loadConfig, signal } = context;
    const loaded = loadConfig();
    const { config } = loaded;
    if (config.market === 'live' || config.rpc.endpoints.some(({ url }) => url !== undefined))
      refuseIdle(loaded, ['seed', 'sim'], 'the node that is asked has a market of its own');
    if (flags.out !== undefined) refuseIdle(loaded, ['universe.file'], '--out names the file');
    const mints = mintsOf(flags.mint);
    const venues = venuesOf(flags.venue);
    const minLiquidityUsd = flags['min-liquidity'] ?? 0;
    if (minLiquidityUsd < 0) {
      const message = `--min-liquidity must be US dollars, 0 or more, not ${minLiquidityUsd}`;
      throw new ArbError('usage-bad-value', message, { name: 'min-liquidity' });
    }
    const file = resolve(cwd, flags.out ?? config.universe.file ?? DEFAULT_FILE);
    // Read first: a file that cannot be merged with must not cost a search.
    const before = existsSync(file) ? readUniverseFile(file) : EMPTY_UNIVERSE;
    const search = async (rpc: RpcClient) => {
      stderr.line(`asking ${rpc.host} for the pools of ${mints.length} mints on ${venues.length} venues`);
      const found = await findPools({ rpc, venues, mints, signal });
      return await checkPools(found, rpc, minLiquidityUsd);
    };
    const checked = await withNode(context, config, search).catch((error: unknown) => {
      // A call that a signal broke off says nothing about its endpoint.
      if (signal.aborted) return undefined;
      throw error;
    });
    if (checked === undefined || signal.aborted) {
      stderr.line('stopped: nothing is written');
      return EXIT.negative;
    }
    const { kept, rejected } = checked;
    const after = mergeUniverse(
      before,
      mints,
      venues.map(({ id }) => id),
      kept,
    );
    const listed = new Set(after.pools.map(({ address }) => address));
    const dropped = before.pools.filter(({ address }) => !listed.has(address));
    if (kept.length > 0) writeUniverseFile(file, after);
    if (flags.json) {
      const plain = {
        file: kept.length > 0 ? file : null,
        kept: kept.map(({ venue, ...pool }) => ({ venue: venue.id, ...pool })),
        rejected: rejected.map(({ venue, address, reason }) => ({ venue: venue.id, address, reason })),
        dropped: dropped.map(({ venue, address }) => ({ venue, address })),
      };
      stdout.line(JSON.stringify(plain, null, 2));
    } else {
      for (const line of reportLines(checked)) stdout.line(line);
      for (const { venue, address } of dropped) stdout.line(`gone from the file: ${venue} ${address}`);
      stdout.line(
        kept.length > 0 ? `${kept.length} pools written to ${file}` : 'no pool is kept; nothing is written',
      );
    }
    return kept.length > 0 ? EXIT.ok : EXIT.negative;
  },
});

/** Runs `work` with the node that the configuration names, or with a local one that lives as long. */
async function withNode<T>(
  { clock }: VerbContext,
  config: Config,
  work: (rpc: RpcClient) => Promise<T>,
): Promise<T> {
  const random = createRandom(config.seed).fork('discover');
  const ask = async (endpoints: readonly EndpointConfig[]): Promise<T> => {
    const apis = createApiAccess({ config, endpoints, clock, random });
    try {
      return await work(apis.rpc);
    } finally {
      await apis.close();
    }
  };
  if (config.market === 'live' || config.rpc.endpoints.some(({ url }) => url !== undefined)) {
    return ask(config.rpc.endpoints);
  }
  const { startLocalNodeProcess } = await localNodeModule();
  const { feed, stop } = await startLocalNodeProcess({
    market: config.market,
    seed: config.seed,
    sim: config.sim,
  });
  try {
    return await ask(feed.endpoints);
  } finally {
    await stop();
  }
}

function mintsOf(asked: readonly string[]): readonly Address[] {
  const mints: Address[] = [];
  for (const mint of asked) {
    if (!isAddress(mint)) {
      throw new ArbError('usage-bad-mint', `--mint ${mint} is not a mint address (base58 of 32 bytes)`, {
        mint,
      });
    }
    if (!mints.includes(mint)) mints.push(mint);
  }
  if (mints.length >= 2) return mints;
  throw new ArbError('usage-mints', `--mint must name two different mints or more, not ${mints.length}`);
}

function venuesOf(asked: readonly string[]): readonly Venue[] {
  if (asked.length === 0) return VENUES;
  return asked.map((id) => {
    const venue = venueById(id);
    if (venue !== undefined) return venue;
    const known = VENUES.map((one) => one.id);
    const hint = didYouMean(id, known) || `; built: ${known.join(', ')}`;
    throw new ArbError('usage-venue-not-built', `--venue ${id} is not built${hint}`, { id });
  });
}

function reportLines({ kept, rejected }: CheckedPools): readonly string[] {
  return [
    ...kept.map(({ venue, address, liquidityUsd }) => {
      const worth = liquidityUsd === null ? 'no dollar price' : `$${liquidityUsd.toFixed(2)}`;
      return `${venue.id.padEnd(16)} ${address.padEnd(44)} ${worth}`;
    }),
    ...rejected.map(({ venue, address, reason }) => `left out ${venue.id} ${address}: ${reason}`),
  ];
}
