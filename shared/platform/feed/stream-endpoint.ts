import type { EndpointConfig, Provider } from '../config/endpoint-leaf.ts';
import { endpointAddress } from '../rpc/endpoint-address.ts';
import type { EndpointSecrets } from '../rpc/endpoint-sentence.ts';
import type { Commitment } from '../rpc/rpc-client.ts';
import type { StreamTransport } from './wire/stream-transport.ts';
import { createWsTransport } from './wire/ws-transport.ts';
import { createYellowstoneTransport } from './wire/yellowstone/transport.ts';

/** A node that is listened to: at its Yellowstone gRPC address where it has one, else at its WebSocket. */
export interface StreamEndpoint {
  /** Stands for it in status, metrics and events. */
  readonly name: string;
  readonly provider: Provider;
  /** With the endpoint's secrets in it: never for a log. */
  readonly wsUrl?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly grpcUrl?: string;
  /** `x-token` over gRPC. */
  readonly token?: string;
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

/** The configured endpoints that are listened to. A limit of 0 is the provider's own. */
export function streamEndpoints(
  endpoints: readonly EndpointConfig[],
  limits: StreamLimits,
): readonly StreamEndpoint[] {
  const { subscriptionsPerConnection, connections } = limits;
  const own = {
    ...(subscriptionsPerConnection > 0 ? { subscriptionsPerConnection } : {}),
    ...(connections > 0 ? { connections } : {}),
  };
  return endpoints.flatMap((endpoint): StreamEndpoint[] => {
    const { name, provider, wsUrl, grpcUrl, token } = endpoint;
    if (grpcUrl !== undefined) {
      return [{ name, provider, grpcUrl, ...(token === undefined ? {} : { token }), limits: own }];
    }
    if (wsUrl === undefined) return [];
    const { url, headers } = endpointAddress(endpoint, wsUrl);
    return [{ name, provider, wsUrl: url, headers, limits: own }];
  });
}

/** What of the endpoint may never be shown. */
export function secretsOf({ wsUrl, grpcUrl, headers, token }: StreamEndpoint): EndpointSecrets {
  return { url: wsUrl ?? grpcUrl ?? '', headers, token };
}

/** How the endpoint is spoken to. Throws `ws-url-invalid` and `grpc-url-invalid`. */
export function transportOf(endpoint: StreamEndpoint, commitment: Commitment): StreamTransport {
  const { grpcUrl, token, wsUrl = '', headers } = endpoint;
  if (grpcUrl !== undefined) return createYellowstoneTransport({ url: grpcUrl, token, commitment });
  return createWsTransport({ url: wsUrl, headers });
}
