import type { ContractPool } from '../../venues/contract.ts';
import type { CpmmState } from '../../venues/raydium-cpmm/state.ts';
import { officialSdk } from '../official-sdk.ts';
import { type BigNumber, type QuoteBaseline, sdkTools, toBigint } from './baseline.ts';

const SDK = '@raydium-io/raydium-sdk-v2';

interface CpmmSdk {
  readonly CurveCalculator: {
    swapBaseInput(
      amountIn: BigNumber,
      vaultIn: BigNumber,
      vaultOut: BigNumber,
      tradeFeeRate: BigNumber,
      creatorFeeRate: BigNumber,
      protocolFeeRate: BigNumber,
      fundFeeRate: BigNumber,
      creatorFeeOnInput: boolean,
    ): { outputAmount: BigNumber };
  };
}

/** The SDK's curve alone, on reserves and rates that stand ready. */
export function cpmmBaseline(pool: ContractPool<CpmmState>): QuoteBaseline | undefined {
  const sdk = officialSdk(SDK) as CpmmSdk | undefined;
  const tools = sdkTools(SDK);
  if (sdk === undefined || tools === undefined) return undefined;
  const { big } = tools;
  const { sideAToB, sideBToA, rates, figures } = pool.state;
  return {
    name: `${SDK} CurveCalculator.swapBaseInput`,
    prepare(aToB) {
      const side = aToB ? sideAToB : sideBToA;
      const reserveIn = big(side.reserveIn);
      const reserveOut = big(side.reserveOut);
      const trade = big(rates.tradeFeeRate);
      const creator = big(figures.creatorFeeEnabled ? rates.creatorFeeRate : 0n);
      const protocol = big(rates.protocolFeeRate);
      const fund = big(rates.fundFeeRate);
      const onInput = side.outputFeeRate === 0n;
      const { CurveCalculator } = sdk;
      return (amountIn) => {
        const amount = big(amountIn);
        return () =>
          toBigint(
            CurveCalculator.swapBaseInput(
              amount,
              reserveIn,
              reserveOut,
              trade,
              creator,
              protocol,
              fund,
              onInput,
            ).outputAmount,
          );
      };
    },
  };
}
