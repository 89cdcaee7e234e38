import type { Address } from '../../shared/core/address.ts';
import type { EndpointConfig } from '../../shared/platform/config/endpoint-leaf.ts';
import type { Universe } from '../../shared/run/universe.ts';

/** Where the account bytes come from. Nothing in the service knows whether it is a local node or a validator. */
export interface FeedSource extends Universe {
  /** Those with a `url` are asked, those with a `wsUrl` are listened to. */
  readonly endpoints: readonly EndpointConfig[];
  /** What the market's mints are called, where the source knows. */
  readonly symbols: ReadonlyMap<Address, string>;
  /** The outside APIs that a local market brings; what the configuration names comes first. */
  readonly apis?: OutsideAddresses;
}

/** Where a local market's own APIs stand; absent on a live one. */
export interface OutsideAddresses {
  readonly jupiterUrl?: string;
  readonly heliusUrl?: string;
  readonly heliusKey?: string;
}
