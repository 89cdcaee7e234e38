import { resolve } from 'node:path';
import type { Clock } from '../../../shared/core/clock.ts';
import { createRandom } from '../../../shared/core/random.ts';
import type { Market } from '../../../shared/market/market.ts';
import { createStillMarket } from '../../../shared/market/still-market.ts';
import { fetchMarket } from '../../../shared/platform/chain/fetch-market.ts';
import type { LoadedConfig } from '../../../shared/platform/config/load.ts';
import { readMarketSnapshot } from '../../../shared/platform/files/snapshot-file.ts';
import { createApiAccess } from '../../../shared/platform/outside/api-access.ts';
import { enabledUniverse, readUniverseFile } from '../../../shared/platform/universe/universe-file.ts';
import { type SkippedPool, selectPools, type Universe } from '../../../shared/run/universe.ts';
import { rulesOfPrograms } from '../../../shared/venues/program-rules-of.ts';
import { localMarketModule } from '../frame/local-chain.ts';
import { refuseIdle } from '../frame/used-keys.ts';

/** A market as it stands now, and the pools that are not even in it. */
export interface StandingMarket {
  readonly market: Market;
  readonly skipped: readonly SkippedPool[];
}

export interface StandingMarketParams {
  /** The configuration, and which of it this command line says. */
  readonly loaded: LoadedConfig;
  readonly clock: Clock;
  readonly cwd: string;
  /** Instead of the configured market. */
  readonly snapshotFile: string | undefined;
  /** For how many slots others trade on the built-in market first. Default 0. */
  readonly slots?: number | undefined;
  /** Configuration keys that the verb itself makes use of, whatever the market. */
  readonly otherUses?: readonly string[];
}

/**
 * Loads the pools of a snapshot file or of the configured market: the built-in one as its local node starts it, a
 * live one as its RPC holds it now; of the universe file, where one is configured, and only those that it lets trade.
 * Throws `snapshot-…`, `universe-…`, `rpc-…`, `config-…` and `usage-idle-flag`.
 */
export async function loadStandingMarket(params: StandingMarketParams): Promise<StandingMarket> {
  const { loaded, cwd } = params;
  refuseIdleOfSource(params);
  const { file } = loaded.config.universe;
  if (file === undefined) return await loadSource(params, undefined);
  const universe = enabledUniverse(readUniverseFile(resolve(cwd, file)));
  const listed = selectPools(universe.pools);
  const { market } = await loadSource(params, listed);
  market.setUniverse({ pools: listed.pools, offMints: new Set(universe.offMints) });
  return { market, skipped: listed.skipped };
}

/** What the source makes no use of may not be given on the command line. */
function refuseIdleOfSource({ loaded, snapshotFile, otherUses = [] }: StandingMarketParams): void {
  const { market, universe } = loaded.config;
  const refuse = (keys: readonly string[], because: string): void =>
    refuseIdle(
      loaded,
      keys.filter((key) => !otherUses.includes(key)),
      because,
    );
  if (snapshotFile !== undefined) {
    refuse(['market', 'seed', 'rpc', 'limits', 'universe.pools'], '--snapshot names the market');
  } else if (market === 'live') {
    refuse(['seed'], 'a live market is as it is');
    if (universe.file !== undefined) refuse(['universe.pools'], 'universe.file names the pools');
  } else {
    refuse(['rpc', 'limits', 'universe.pools'], 'it goes with --market live');
    if (market !== 'built-in') refuse(['seed'], 'a snapshot stands still');
  }
}

async function loadSource(
  { loaded, clock, cwd, snapshotFile, slots }: StandingMarketParams,
  listed: Universe | undefined,
): Promise<StandingMarket> {
  const { config } = loaded;
  const source = snapshotFile ?? config.market;
  if (snapshotFile === undefined && source === 'live') {
    const universe = listed ?? selectPools(config.universe.pools);
    const apis = createApiAccess({
      config,
      endpoints: config.rpc.endpoints,
      clock,
      random: createRandom('venues'),
    });
    try {
      return { market: await fetchMarket(universe.pools, apis.rpc), skipped: universe.skipped };
    } finally {
      await apis.close();
    }
  }
  if (snapshotFile === undefined && source === 'built-in') {
    const { createLocalMarket } = await localMarketModule();
    const { world, pools: all, skipped, rules } = createLocalMarket(source, config.seed);
    const pools = listed?.pools ?? all;
    const { accounts } = world.market;
    if (!slots)
      return {
        market: createStillMarket({ clock: world.market.clock, pools, accounts, rules }),
        skipped,
      };
    for (let slot = 0; slot < slots; slot++) world.step();
    const now = accounts.flatMap(({ address }) => {
      const account = world.bank.get(address);
      return account === null ? [] : [{ address, account }];
    });
    return {
      market: createStillMarket({ clock: world.bank.clock(), pools, accounts: now, rules }),
      skipped,
    };
  }
  const snapshot = readMarketSnapshot(resolve(cwd, source));
  const { pools, skipped } = listed ?? selectPools(snapshot.pools);
  return {
    market: createStillMarket({
      clock: snapshot.clock,
      pools,
      accounts: snapshot.accounts,
      rules: rulesOfPrograms(snapshot.programs),
    }),
    skipped,
  };
}
