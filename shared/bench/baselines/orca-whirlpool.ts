import type { Address } from '../../core/address.ts';
import type { ContractPool } from '../../venues/contract.ts';
import type { WhirlpoolState } from '../../venues/orca-whirlpool/index.ts';
import { officialSdk } from '../official-sdk.ts';
import { type BigNumber, bytesOf, type QuoteBaseline, sdkTools, toBigint } from './baseline.ts';

const SDK = '@orca-so/whirlpools-sdk';
const TICKS_PER_ARRAY = 88;

interface WhirlpoolSdk {
  readonly NO_TOKEN_EXTENSION_CONTEXT: unknown;
  readonly ParsableWhirlpool: { parse(address: unknown, account: unknown): unknown };
  readonly ParsableTickArray: { parse(address: unknown, account: unknown): unknown };
  readonly SwapUtils: {
    getDefaultSqrtPriceLimit(aToB: boolean): unknown;
    getDefaultOtherAmountThreshold(amountSpecifiedIsInput: boolean): unknown;
    getTickArrayPublicKeys(
      tick: number,
      spacing: number,
      aToB: boolean,
      program: unknown,
      pool: unknown,
    ): { toBase58(): string }[];
    interpolateUninitializedTickArrays(pool: unknown, arrays: unknown[]): unknown[];
  };
  swapQuoteWithParams(params: unknown, slippage: unknown): { estimatedAmountOut: BigNumber };
}

/** `swapQuoteWithParams` on data that the SDK itself has parsed beforehand, without any fetching. */
export function whirlpoolBaseline(pool: ContractPool<WhirlpoolState>): QuoteBaseline | undefined {
  const sdk = officialSdk(SDK) as WhirlpoolSdk | undefined;
  const common = officialSdk('@orca-so/common-sdk') as
    | { Percentage: { fromFraction(part: number, whole: number): unknown } }
    | undefined;
  const tools = sdkTools(SDK);
  if (sdk === undefined || common === undefined || tools === undefined) return undefined;
  const { key, big } = tools;
  const accountOf = (address: Address) => {
    const data = bytesOf(pool, address);
    if (data === undefined) return null;
    return { data, owner: key(pool.accounts.get(address)!.owner), lamports: 1, executable: false };
  };
  const poolKey = key(pool.address);
  const whirlpoolData = sdk.ParsableWhirlpool.parse(poolKey, accountOf(pool.address));
  const { tickIndex, tickSpacing, address } = pool.state;
  const program = key(pool.accounts.get(address)!.owner);
  const slippage = common.Percentage.fromFraction(0, 100);
  return {
    name: `${SDK} swapQuoteWithParams`,
    prepare(aToB) {
      const keys = sdk.SwapUtils.getTickArrayPublicKeys(tickIndex, tickSpacing, aToB, program, poolKey);
      const span = tickSpacing * TICKS_PER_ARRAY;
      const first = Math.floor((aToB ? tickIndex : tickIndex + tickSpacing) / span) * span;
      const parsed = keys.map((arrayKey, i) => ({
        address: arrayKey,
        startTickIndex: first + (aToB ? -i : i) * span,
        data: sdk.ParsableTickArray.parse(arrayKey, accountOf(arrayKey.toBase58() as Address)),
      }));
      const tickArrays = sdk.SwapUtils.interpolateUninitializedTickArrays(poolKey, parsed);
      const fixed = {
        whirlpoolData,
        aToB,
        amountSpecifiedIsInput: true,
        sqrtPriceLimit: sdk.SwapUtils.getDefaultSqrtPriceLimit(aToB),
        otherAmountThreshold: sdk.SwapUtils.getDefaultOtherAmountThreshold(true),
        tickArrays,
        oracleData: null,
        tokenExtensionCtx: sdk.NO_TOKEN_EXTENSION_CONTEXT,
      };
      return (amountIn) => {
        const params = { ...fixed, tokenAmount: big(amountIn) };
        return () => toBigint(sdk.swapQuoteWithParams(params, slippage).estimatedAmountOut);
      };
    },
  };
}
