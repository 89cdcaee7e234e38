import { CONTRACT_CLOCK, type ContractPool } from '../../venues/contract.ts';
import type { PhoenixState } from '../../venues/phoenix-v1/state.ts';
import { officialSdk } from '../official-sdk.ts';
import { bytesOf, type QuoteBaseline, sdkTools } from './baseline.ts';

const SDK = '@ellipsis-labs/phoenix-sdk';

interface PhoenixSdk {
  readonly Side: { readonly Bid: number; readonly Ask: number };
  readonly MarketState: {
    load(market: { address: unknown; buffer: Buffer }): {
      getExpectedOutAmount(order: {
        side: number;
        inAmount: number;
        slot: number;
        unixTimestamp: number;
      }): number;
    };
  };
}

/**
 * `getExpectedOutAmount` of a market decoded beforehand: the shortest way from a market and a clock to an amount,
 * since which orders have expired is known only then. Floats in whole tokens, so that the comparison takes whole
 * lots and the nearest base unit below.
 */
export function phoenixBaseline(pool: ContractPool<PhoenixState>): QuoteBaseline | undefined {
  const sdk = officialSdk(SDK) as PhoenixSdk | undefined;
  const tools = sdkTools(SDK);
  if (sdk === undefined || tools === undefined) return undefined;
  const { facts } = pool.state;
  const market = sdk.MarketState.load({
    address: tools.key(pool.address),
    buffer: bytesOf(pool, pool.address)!,
  });
  const { slot, unixTimestamp } = CONTRACT_CLOCK;
  // A sum of floats that means a whole number of units may stand a little under it.
  const units = (whole: number, decimals: number): bigint =>
    BigInt(Math.floor(whole * 10 ** decimals * (1 + 1e-14)));
  return {
    name: `${SDK} getExpectedOutAmount`,
    remark: 'it computes in floats',
    lotIn: (aToB) => (aToB ? facts.baseLotSize : facts.quoteLotSize),
    prepare(aToB) {
      const side = aToB ? sdk.Side.Ask : sdk.Side.Bid;
      const [decimalsIn, decimalsOut] = aToB
        ? [facts.baseDecimals, facts.quoteDecimals]
        : [facts.quoteDecimals, facts.baseDecimals];
      return (amountIn) => {
        const order = { side, inAmount: Number(amountIn) / 10 ** decimalsIn, slot, unixTimestamp };
        return () => units(market.getExpectedOutAmount(order), decimalsOut);
      };
    },
  };
}
