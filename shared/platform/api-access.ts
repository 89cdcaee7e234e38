import type { Clock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { EndpointConfig } from './config/endpoint-leaf.ts';
import type { Config } from './config/schema.ts';
import { type ApiCosts, createApiCosts } from './limits/api-costs.ts';
import { type ApiLanes, createApiLanes } from './limits/api-limits.ts';
import { createLimiter, type Limiter } from './limits/limiter.ts';
import { createRpcPool, type RpcPool } from './rpc-pool/rpc-pool.ts';

/** All that asks outside APIs goes through these: one limiter, one account of the costs, one pool of RPC endpoints. */
export interface ApiAccess {
  readonly limiter: Limiter;
  readonly lanes: ApiLanes;
  readonly costs: ApiCosts;
  readonly rpc: RpcPool;
  /** Refuses what waits and closes all connections. */
  close(): Promise<void>;
}

export interface ApiAccessParams {
  readonly config: Pick<Config, 'rpc' | 'limits'>;
  /** Those of the configuration, or those of a local node. */
  readonly endpoints: readonly EndpointConfig[];
  readonly clock: Clock;
  readonly random: Random;
}

/** Throws `rpc-no-endpoint` when none of the endpoints has a url. */
export function createApiAccess({ config, endpoints, clock, random }: ApiAccessParams): ApiAccess {
  const { limits, rpc } = config;
  const limiter = createLimiter({
    clock,
    random: random.fork('limits'),
    maxQueued: limits.maxQueued,
    agingMs: limits.agingMs,
  });
  const lanes = createApiLanes(limiter, limits);
  const costs = createApiCosts({ prices: limits, clock });
  const pool = createRpcPool({
    endpoints,
    clock,
    random: random.fork('rpc'),
    limiter,
    lanes,
    costs,
    settings: rpc,
  });
  return {
    limiter,
    lanes,
    costs,
    rpc: pool,
    async close() {
      limiter.close();
      await pool.close();
    },
  };
}
