import type { Address } from '../../shared/core/address.ts';
import { startJupiterServer } from '../../shared/sim/apis/jupiter-server.ts';
import type { Bank } from '../../shared/sim/bank.ts';

/** The outside APIs of a local market, served on loopback and met by URL like the real ones. */
export interface LocalApis {
  readonly jupiterUrl: string;
  stop(): Promise<void>;
}

export interface LocalApisParams {
  readonly bank: Bank;
  readonly pools: readonly { readonly venue: string; readonly address: Address }[];
}

export async function startLocalApis({ bank, pools }: LocalApisParams): Promise<LocalApis> {
  const jupiter = await startJupiterServer({ bank, pools });
  return { jupiterUrl: jupiter.url, stop: () => jupiter.stop() };
}
