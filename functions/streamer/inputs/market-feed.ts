import type { Address } from '../../../shared/core/address.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import { createRandom } from '../../../shared/core/random.ts';
import type { MarketEvent } from '../../../shared/engine/event.ts';
import { type BlockhashCache, createBlockhashCache } from '../../../shared/platform/chain/blockhash-cache.ts';
import { createWalletBalances, type WalletBalances } from '../../../shared/platform/chain/wallet-balances.ts';
import type { EndpointConfig } from '../../../shared/platform/config/endpoint-leaf.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { type AccountStream, createAccountStream } from '../../../shared/platform/feed/account-stream.ts';
import { type StreamEndpoint, streamEndpoints } from '../../../shared/platform/feed/stream-endpoint.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import type { RpcClient } from '../../../shared/platform/rpc/rpc-client.ts';

export interface MarketFeedParams {
  readonly config: Config;
  readonly endpoints: readonly EndpointConfig[];
  readonly rpc: RpcClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** What an account is part of: where a plan is too small for all, pools are followed whole or not at all. */
  readonly groupOf: (address: Address) => unknown;
  /** The slot time as far as it is known. */
  readonly slotMicros: () => number;
  readonly onEvent: (event: MarketEvent) => void;
}

/** Everything that is followed on chain: the pools' accounts, the wallets', the slots and the blockhash. */
export interface MarketFeed {
  /** Where it listens; at least one. */
  readonly endpoints: readonly StreamEndpoint[];
  readonly stream: AccountStream;
  readonly wallet: WalletBalances;
  readonly blockhash: BlockhashCache;
  start(): void;
  stop(): Promise<void>;
}

export function createMarketFeed({
  config,
  endpoints,
  rpc,
  clock,
  log,
  groupOf,
  slotMicros,
  onEvent,
}: MarketFeedParams): MarketFeed {
  const heard = streamEndpoints(endpoints, config.feed);
  const wallet = createWalletBalances(config.wallet.addresses, config.routing.startMints);
  const blockhash = createBlockhashCache({ rpc });
  const stream = createAccountStream({
    endpoints: heard,
    // A local market has one node; the configuration of a live one is checked.
    redundancy: heard.length > 1 ? config.feed.redundancy : 1,
    tellAt: config.feed.tellAt,
    auditsPerSecond: config.feed.auditsPerSecond,
    maxLagMs: config.feed.maxLagMs,
    maxSlotLag: config.risk.maxSlotLag,
    timing: { quarantineMs: config.feed.quarantineSeconds * 1_000 },
    rpc,
    groupOf,
    slotMicros,
    commitment: config.rpc.commitment,
    clock,
    random: createRandom(config.seed).fork('stream'),
    onEvent(event) {
      const told = wallet.take(event);
      if (told !== undefined) onEvent(told);
      if (event.kind === 'slot') blockhash.onSlot(event.slot);
    },
    log: (event, values) => log.notice(event, values),
  });
  return {
    endpoints: heard,
    stream,
    wallet,
    blockhash,
    start() {
      stream.watch(wallet.accounts);
      stream.start();
    },
    async stop() {
      blockhash.stop();
      await stream.stop();
    },
  };
}
