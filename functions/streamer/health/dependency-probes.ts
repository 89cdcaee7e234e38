import type { Engine } from '../../../shared/engine/engine.ts';
import type { StreamConnectionStatus } from '../../../shared/platform/feed/connection/stream-connection-contract.ts';
import type { ApiStatus } from '../../../shared/platform/outside/gate/api-gate.ts';
import type { EndpointStatus } from '../../../shared/platform/rpc/pool/rpc-pool.ts';
import type { StoreWriterStats } from '../../../shared/platform/store/writer.ts';
import type { DependencyId, DependencyProbe } from './degradation.ts';

export interface DependencyProbesParams {
  readonly engine: Engine;
  /** Those that are asked over HTTP. */
  readonly asked: () => readonly EndpointStatus[];
  /** Those that are listened to. */
  readonly heard: () => readonly Pick<StreamConnectionStatus, 'endpoint' | 'state' | 'reason'>[];
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

  return {
    endpoint: () => endpointProbe(params.asked(), params.heard()),
    websockets: () =>
      engine.market.live ? { state: 'up' } : { state: 'down', reason: whyNotLive(params.heard()) },
    rpc() {
      const asked = params.asked();
      const answering = asked.filter(({ up }) => up);
      if (answering.some(hasAnswered)) return { state: 'up' };
      if (answering.length > 0) return { state: 'unseen', reason: 'none has answered yet' };
      return { state: 'down', reason: asked.map(whyDown).join('; ') };
    },
    jupiter: () => apiProbe(params.jupiter()),
    helius: () => apiProbe(params.helius()),
    store() {
      const { lastError } = params.store();
      return lastError === undefined ? { state: 'up' } : { state: 'down', reason: lastError };
    },
  };
}

/** Up is what nothing bad is known of; an answer has to have been seen before that is said of an endpoint. */
export function hasAnswered({ answered }: Pick<EndpointStatus, 'answered'>): boolean {
  return answered > 0;
}

/** In its provider's own words, where it has said something. */
function whyDown({ name, problem }: EndpointStatus): string {
  return `${name}: ${problem === '' ? 'no answer over HTTP' : problem}`;
}

function whyNotLive(heard: ReturnType<DependencyProbesParams['heard']>): string {
  const each = new Map(
    heard.map(({ endpoint, state, reason }) => [endpoint, reason === '' ? state : reason]),
  );
  const all = [...each].map(([endpoint, why]) => `${endpoint}: ${why}`).join('; ');
  return all === '' ? 'the feed is not live' : all;
}

/** Says of one among several that it is down, over HTTP or as a stream. */
function endpointProbe(
  asked: readonly EndpointStatus[],
  heard: ReturnType<DependencyProbesParams['heard']>,
): DependencyProbe {
  const names = new Set([...asked.map(({ name }) => name), ...heard.map(({ endpoint }) => endpoint)]);
  if (names.size < 2) return { state: 'unused' };
  const silent = asked.filter(({ up }) => !up).map(whyDown);
  const broken = heard.filter(({ state }) => state === 'waiting' || state === 'suspended');
  const unheard = new Map(broken.map(({ endpoint, reason }) => [endpoint, `${endpoint}: ${reason}`]));
  const down = [...silent, ...unheard.values()];
  if (down.length > 0) return { state: 'down', reason: down.join('; ') };
  const connecting = heard.find(({ state }) => state === 'connecting');
  return connecting === undefined
    ? { state: 'up' }
    : { state: 'trying', reason: `${connecting.endpoint}: connecting` };
}

function apiProbe(status: ApiStatus | undefined): DependencyProbe {
  if (status === undefined) return { state: 'unused' };
  if (status.breaker === 'closed') {
    return status.answeredAtMs === undefined
      ? { state: 'unseen', reason: status.lastError ?? 'has not answered yet' }
      : { state: 'up' };
  }
  return { state: status.breaker === 'open' ? 'down' : 'trying', reason: status.lastError };
}
