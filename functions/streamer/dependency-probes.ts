import type { Engine } from '../../shared/engine/engine.ts';
import type { ApiStatus } from '../../shared/platform/api/api-gate.ts';
import type { RpcStats } from '../../shared/platform/rpc-client.ts';
import type { StoreWriterStats } from '../../shared/platform/store/writer.ts';
import type { DependencyId, DependencyProbe } from './degradation.ts';

export interface DependencyProbesParams {
  readonly engine: Engine;
  readonly rpc: () => RpcStats;
  readonly store: () => StoreWriterStats;
  /** Undefined where the API is not configured. */
  readonly jupiter: () => ApiStatus | undefined;
  readonly helius: () => ApiStatus | undefined;
}

/** How each dependency is, out of what its user has counted: nothing is asked for the sake of knowing. */
export function createDependencyProbes(
  params: DependencyProbesParams,
): Readonly<Record<DependencyId, () => DependencyProbe>> {
  const { engine } = params;
  let failures = 0;
  let answered = 0;
  let rpcDown = false;

  return {
    websockets: () =>
      engine.status === 'feed-down' ? { state: 'down', reason: 'the feed is not live' } : { state: 'up' },
    rpc() {
      const stats = params.rpc();
      const ended = stats.calls - stats.failures;
      if (stats.failures > failures) rpcDown = true;
      else if (ended > answered) rpcDown = false;
      failures = stats.failures;
      answered = ended;
      return rpcDown ? { state: 'down', reason: 'the latest call had no answer' } : { state: 'up' };
    },
    jupiter: () => apiProbe(params.jupiter()),
    helius: () => apiProbe(params.helius()),
    store() {
      const { lastError } = params.store();
      return lastError === undefined ? { state: 'up' } : { state: 'down', reason: lastError };
    },
  };
}

function apiProbe(status: ApiStatus | undefined): DependencyProbe {
  if (status === undefined) return { state: 'unused' };
  if (status.breaker === 'closed') return { state: 'up' };
  return { state: status.breaker === 'open' ? 'down' : 'trying', reason: status.lastError };
}
