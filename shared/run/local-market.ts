import type { Address } from '../core/address.ts';
import type { Config } from '../platform/config/schema.ts';
import { readMarketSnapshot } from '../platform/files/snapshot-file.ts';
import { readSchedule } from '../sim/chain/chain-rules.ts';
import { LOCAL_RULES } from '../sim/chain/local-rules.ts';
import { createWorld, type World } from '../sim/world.ts';
import { selectPools, type Universe } from './universe.ts';

/** The chain that a run without a real RPC trades on: the built-in market or a snapshot, with others trading. */
export interface LocalMarket extends Universe {
  readonly world: World;
  /** What the market's mints are called. */
  readonly symbols: ReadonlyMap<Address, string>;
  /** By venue: the rule sets by which its programs run. */
  readonly rules: ReadonlyMap<string, string>;
}

/**
 * Makes the market that `source` names: `built-in`, or the path of a snapshot file, on a chain that is what `sim` says.
 * Throws `snapshot-…`, and `sim-rules-invalid` for a schedule that is none.
 */
export function createLocalMarket(source: string, seed: number, sim?: Config['sim']): LocalMarket {
  const market = source === 'built-in' ? source : readMarketSnapshot(source);
  const chain = sim && {
    rules: { slotMs: sim.slotMs },
    schedule: readSchedule(sim.schedule ?? ''),
  };
  const world = createWorld({ market, seed, chain });
  const { pools, skipped } = selectPools(world.market.pools);
  return {
    world,
    pools,
    skipped: [...world.market.skipped, ...skipped],
    rules: LOCAL_RULES,
    symbols: new Map(world.market.mints.map(({ address, symbol }) => [address, symbol])),
  };
}
