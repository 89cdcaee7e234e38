import type { EndpointConfig, Provider } from './config/endpoint-leaf.ts';
import { endpointAddress } from './endpoint-address.ts';

/** A node's WebSocket. */
export interface StreamEndpoint {
  /** Stands for it in status, metrics and events. */
  readonly name: string;
  readonly provider: Provider;
  /** With the endpoint's secrets in it: never for a log. */
  readonly wsUrl: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** In place of the provider's. */
  readonly limits?: Partial<StreamLimits>;
}

export interface StreamLimits {
  /** Subscriptions on one connection, the slots and the clock among them. */
  readonly subscriptionsPerConnection: number;
  /** Connections to the endpoint at one time. */
  readonly connections: number;
}

/**
 * What each provider lets one key do at least. A validator's own limit is a million subscriptions a node; the
 * generic figures keep one connection's frames to what one stream carries without falling behind.
 */
export const STREAM_LIMITS: Readonly<Record<Provider, StreamLimits>> = {
  helius: { subscriptionsPerConnection: 1_000, connections: 5 },
  triton: { subscriptionsPerConnection: 2_000, connections: 10 },
  generic: { subscriptionsPerConnection: 10_000, connections: 4 },
};

export function limitsOf({ provider, limits }: StreamEndpoint): StreamLimits {
  return { ...STREAM_LIMITS[provider], ...limits };
}

/** The configured endpoints that have a WebSocket. A limit of 0 is the provider's own. */
export function streamEndpoints(
  endpoints: readonly EndpointConfig[],
  limits: StreamLimits,
): readonly StreamEndpoint[] {
  const given = Object.entries(limits).filter(([, limit]) => limit > 0);
  return endpoints.flatMap((endpoint) => {
    if (endpoint.wsUrl === undefined) return [];
    const { url: wsUrl, headers } = endpointAddress(endpoint, endpoint.wsUrl);
    const { name, provider } = endpoint;
    return [{ name, provider, wsUrl, headers, limits: Object.fromEntries(given) }];
  });
}
