import { resolve } from 'node:path';
import type { Clock } from '../../shared/core/clock.ts';
import { createRandom } from '../../shared/core/random.ts';
import type { Market } from '../../shared/market/market.ts';
import { createStillMarket } from '../../shared/market/still-market.ts';
import { createApiAccess } from '../../shared/platform/api-access.ts';
import type { Config } from '../../shared/platform/config/schema.ts';
import { fetchMarket } from '../../shared/platform/fetch-market.ts';
import { readMarketSnapshot } from '../../shared/platform/snapshot-file.ts';
import { createLocalMarket } from '../streamer/local-market.ts';
import { type SkippedPool, selectPools } from '../streamer/universe.ts';

/** A market as it stands now, and the pools that are not even in it. */
export interface StandingMarket {
  readonly market: Market;
  readonly skipped: readonly SkippedPool[];
}

export interface StandingMarketParams {
  readonly config: Config;
  readonly clock: Clock;
  readonly cwd: string;
  /** Instead of the configured market. */
  readonly snapshotFile: string | undefined;
  /** For how many slots others trade on the built-in market first. Default 0. */
  readonly slots?: number | undefined;
}

/**
 * Loads the pools of a snapshot file or of the configured market: the built-in one as its local node starts it, a
 * live one as its RPC holds it now. Throws `snapshot-…`, `rpc-…` and `config-…`.
 */
export async function loadStandingMarket(params: StandingMarketParams): Promise<StandingMarket> {
  const { config, clock, cwd, snapshotFile, slots } = params;
  const source = snapshotFile ?? config.market;
  if (snapshotFile === undefined && source === 'live') {
    const universe = selectPools(config.universe.pools);
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
    const { world, pools, skipped } = createLocalMarket(source, config.seed);
    const { accounts } = world.market;
    if (!slots) return { market: createStillMarket({ clock: world.market.clock, pools, accounts }), skipped };
    for (let slot = 0; slot < slots; slot++) world.step();
    const now = accounts.flatMap(({ address }) => {
      const account = world.bank.get(address);
      return account === null ? [] : [{ address, account }];
    });
    return { market: createStillMarket({ clock: world.bank.clock(), pools, accounts: now }), skipped };
  }
  const snapshot = readMarketSnapshot(resolve(cwd, source));
  const { pools, skipped } = selectPools(snapshot.pools);
  return {
    market: createStillMarket({ clock: snapshot.clock, pools, accounts: snapshot.accounts }),
    skipped,
  };
}
