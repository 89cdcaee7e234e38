import type { ContractPool } from '../venues/contract.ts';
import type { QuoteBaseline } from './baselines/baseline.ts';
import { dammV1Baseline } from './baselines/meteora-damm-v1.ts';
import { dammV2Baseline } from './baselines/meteora-damm-v2.ts';
import { dlmmBaseline } from './baselines/meteora-dlmm.ts';
import { whirlpoolBaseline } from './baselines/orca-whirlpool.ts';
import { phoenixBaseline } from './baselines/phoenix-v1.ts';
import { ammV4Baseline } from './baselines/raydium-amm-v4.ts';
import { clmmBaseline } from './baselines/raydium-clmm.ts';
import { cpmmBaseline } from './baselines/raydium-cpmm.ts';

/** By venue. A venue's baseline is only ever given that venue's pools. */
const BASELINES: Readonly<Record<string, (pool: ContractPool<never>) => QuoteBaseline | undefined>> = {
  'meteora-damm-v1': dammV1Baseline,
  'meteora-damm-v2': dammV2Baseline,
  'meteora-dlmm': dlmmBaseline,
  'orca-whirlpool': whirlpoolBaseline,
  'phoenix-v1': phoenixBaseline,
  'raydium-amm-v4': ammV4Baseline,
  'raydium-clmm': clmmBaseline,
  'raydium-cpmm': cpmmBaseline,
};

/** The official SDK of a venue on this pool; undefined when it is not installed or the venue has none here. */
export function quoteBaseline(venueId: string, pool: ContractPool): QuoteBaseline | undefined {
  return BASELINES[venueId]?.(pool as ContractPool<never>);
}
