import type { ContractPool } from '../../venues/contract.ts';
import type { AmmV4State } from '../../venues/raydium-amm-v4/state.ts';
import { officialSdk } from '../official-sdk.ts';
import { type BigNumber, type QuoteBaseline, sdkTools, toBigint } from './baseline.ts';

const SDK = '@raydium-io/raydium-sdk-v2';

interface Liquidity {
  computeAmountOut(params: unknown): { amountOut: BigNumber };
}

interface LiquidityModule {
  readonly default: new (params: unknown) => Liquidity;
}

/** `computeAmountOut` on reserves that stand ready. It knows one fee for all pools: 25 bps. */
export function ammV4Baseline(pool: ContractPool<AmmV4State>): QuoteBaseline | undefined {
  const module = officialSdk(`${SDK}/lib/raydium/liquidity/liquidity.js`) as LiquidityModule | undefined;
  const tools = sdkTools(SDK);
  if (module === undefined || tools === undefined) return undefined;
  const { big } = tools;
  const liquidity = new module.default({
    moduleName: 'bench',
    scope: { cluster: 'mainnet', connection: undefined },
  });
  const { sideAToB, mintA, mintB, decimalsA, decimalsB } = pool.state;
  const poolInfo = {
    mintA: { address: mintA, decimals: decimalsA },
    mintB: { address: mintB, decimals: decimalsB },
    baseReserve: big(sideAToB.reserveIn),
    quoteReserve: big(sideAToB.reserveOut),
    version: 4,
    status: 6,
  };
  return {
    name: `${SDK} Liquidity.computeAmountOut`,
    remark: 'it works out price impact and least amount too: there is no quote without',
    prepare(aToB) {
      const [mintIn, mintOut] = aToB ? [mintA, mintB] : [mintB, mintA];
      return (amountIn) => {
        const params = { poolInfo, mintIn, mintOut, amountIn: big(amountIn), slippage: 0 };
        return () => toBigint(liquidity.computeAmountOut(params).amountOut);
      };
    },
  };
}
