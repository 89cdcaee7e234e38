import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/random.ts';
import type { EndpointConfig } from '../config/endpoint-leaf.ts';
import type { Config } from '../config/schema.ts';
import { type ApiBudget, createApiBudget } from '../limits/api-budget.ts';
import { createRpcPool, type RpcPool } from '../rpc/pool/rpc-pool.ts';

/** All that asks outside APIs goes through these: one limiter, one account of the costs, one pool of RPC endpoints. */
export interface ApiAccess extends ApiBudget {
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
  /** How long a slot lasts now, microseconds; what is assumed of chains when absent. */
  readonly slotMicros?: () => number;
}

/** Throws `rpc-no-endpoint` when none of the endpoints has a url. */
export function createApiAccess(params: ApiAccessParams): ApiAccess {
  const { config, endpoints, clock, random, slotMicros } = params;
  const { limits, rpc } = config;
  const budget = createApiBudget({ limits, clock, random });
  const pool = createRpcPool({
    endpoints,
    clock,
    random: random.fork('rpc'),
    ...budget,
    settings: rpc,
    ...(slotMicros && { slotMicros }),
  });
  return {
    ...budget,
    rpc: pool,
    async close() {
      budget.limiter.close();
      await pool.close();
    },
  };
}
