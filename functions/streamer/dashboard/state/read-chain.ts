import {
  CHAIN_PARAMETER_NAMES,
  type ChainParameterName,
  type ChainParameters,
  tokenAccountRentLamports,
} from '../../../../shared/core/chain-parameters.ts';
import type { ChainView } from '../view/view.ts';

/** What the chain is, as the page and `arb chain` show it: every value as text, with who said so and when. */
export function chainView(
  chain: ChainParameters,
  problems: ReadonlyMap<ChainParameterName, string>,
): ChainView {
  return {
    slotMs: chain.slotMicros / 1_000,
    tokenAccountRentLamports: String(tokenAccountRentLamports(chain)),
    alpenglow: chain.alpenglow,
    parameters: CHAIN_PARAMETER_NAMES.map((name) => ({
      name,
      value: String(chain[name]),
      source: chain.origins[name].source,
      slot: chain.origins[name].slot,
      atMs: chain.origins[name].atMs,
      problem: problems.get(name) ?? '',
    })),
  };
}
