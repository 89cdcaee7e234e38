import { CONTRACT_CLOCK, type ContractPool } from '../../venues/contract.ts';
import { officialSdk } from '../official-sdk.ts';
import {
  type AccountsCoder,
  type BigNumber,
  bytesOf,
  type QuoteBaseline,
  sdkTools,
  toBigint,
} from './baseline.ts';

const SDK = '@meteora-ag/cp-amm-sdk';

interface DammV2Pool {
  readonly collectFeeMode: number;
  readonly activationType: number;
}

interface DammV2Sdk {
  readonly CpAmm: new (
    connection: unknown,
  ) => { readonly _program: { readonly coder: { readonly accounts: AccountsCoder } } };
  readonly ActivationType: { readonly Timestamp: number };
  readonly TradeDirection: { readonly AtoB: number; readonly BtoA: number };
  getFeeMode(collectFeeMode: number, direction: number, hasReferral: boolean): unknown;
  getSwapResultFromExactInput(
    pool: unknown,
    amountIn: BigNumber,
    feeMode: unknown,
    direction: number,
    point: BigNumber,
  ): { outputAmount: BigNumber };
}

/** The SDK's swap itself on a pool it has decoded beforehand, without the price impact of its `swapQuoteExactInput`. */
export function dammV2Baseline(pool: ContractPool): QuoteBaseline | undefined {
  const sdk = officialSdk(SDK) as DammV2Sdk | undefined;
  const tools = sdkTools(SDK);
  if (sdk === undefined || tools === undefined) return undefined;
  const { big } = tools;
  const { accounts } = new sdk.CpAmm({})._program.coder;
  const state = accounts.decode('pool', bytesOf(pool, pool.address)!) as DammV2Pool;
  const bySeconds = state.activationType === sdk.ActivationType.Timestamp;
  const point = big(bySeconds ? CONTRACT_CLOCK.unixTimestamp : CONTRACT_CLOCK.slot);
  return {
    name: `${SDK} getSwapResultFromExactInput`,
    prepare(aToB) {
      const direction = aToB ? sdk.TradeDirection.AtoB : sdk.TradeDirection.BtoA;
      const feeMode = sdk.getFeeMode(state.collectFeeMode, direction, false);
      return (amountIn) => {
        const amount = big(amountIn);
        return () =>
          toBigint(sdk.getSwapResultFromExactInput(state, amount, feeMode, direction, point).outputAmount);
      };
    },
  };
}
