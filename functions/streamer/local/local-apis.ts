import type { Address } from '../../../shared/core/address.ts';
import { startHeliusServer } from '../../../shared/sim/apis/helius-server.ts';
import { startJupiterServer } from '../../../shared/sim/apis/jupiter-server.ts';
import type { Bank } from '../../../shared/sim/chain/bank.ts';

/** The outside APIs of a local market, served on loopback and met by URL like the real ones. */
export interface LocalApis {
  readonly jupiterUrl: string;
  readonly heliusUrl: string;
  readonly heliusKey: string;
  stop(): Promise<void>;
}

/** What the local Helius wants to see: the wire has a place for a key. */
const LOCAL_KEY = 'local';

export interface LocalApisParams {
  readonly bank: Bank;
  readonly pools: readonly { readonly venue: string; readonly address: Address }[];
}

export async function startLocalApis({ bank, pools }: LocalApisParams): Promise<LocalApis> {
  const jupiter = await startJupiterServer({ bank, pools });
  const helius = await startHeliusServer({ bank, apiKey: LOCAL_KEY });
  return {
    jupiterUrl: jupiter.url,
    heliusUrl: `${helius.url}/`,
    heliusKey: LOCAL_KEY,
    async stop() {
      await Promise.all([jupiter.stop(), helius.stop()]);
    },
  };
}
