import { createRandom } from '../../../core/random.ts';
import { type ApiCosts, createApiCosts } from '../../limits/api-costs.ts';
import { type ApiLimits, createApiLanes } from '../../limits/api-limits.ts';
import { DEFAULT_PRICES } from '../../limits/default-limits.ts';
import { createLimiter, type Limiter } from '../../limits/limiter.ts';
import { createSystemClock } from '../../process/system-clock.ts';
import { createRpcPool, type RpcPool, type RpcPoolSettings } from './rpc-pool.ts';

export interface TestPool {
  readonly pool: RpcPool;
  readonly limiter: Limiter;
  readonly costs: ApiCosts;
}

export interface TestPoolOptions extends Partial<RpcPoolSettings>, Partial<ApiLimits> {
  readonly maxQueued?: number;
  readonly provider?: 'helius' | 'generic';
}

/** For tests: a pool over test nodes named a, b, c…, with short waits and, unless told otherwise, wide limits. */
export function createTestPool(
  nodes: readonly { readonly url: string }[],
  options: TestPoolOptions = {},
): TestPool {
  const clock = createSystemClock();
  const random = createRandom('pool test');
  const { maxQueued = 10_000, provider = 'generic', ...settings } = options;
  const limiter = createLimiter({ clock, random, maxQueued, agingMs: 500 });
  const limits: ApiLimits = {
    perHour: { generic: 3_600_000_000 },
    methodsPerSecond: {},
    methodWeights: {},
    burstMs: 50,
    windowMs: 0,
    ...settings,
  };
  const costs = createApiCosts({ prices: DEFAULT_PRICES, clock });
  const pool = createRpcPool({
    endpoints: nodes.map(({ url }, i) => ({ name: 'abc'[i]!, provider, url: `${url}/?api-key=S3CRET` })),
    clock,
    random,
    limiter,
    lanes: createApiLanes(limiter, limits),
    costs,
    settings: { timeoutMs: 2_000, deadlineMs: 5_000, connections: 64, batchSize: 1, ...settings },
    backoff: { minMs: 5, baseMs: 10, capMs: 40 },
    slotBackoff: { minMs: 5, baseMs: 10, capMs: 20 },
  });
  return { pool, limiter, costs };
}
