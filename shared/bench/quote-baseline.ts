import { addressBytes } from '../core/address.ts';
import type { ContractPool } from '../venues/contract.ts';
import type { WhirlpoolState } from '../venues/orca-whirlpool/index.ts';
import type { CpmmState } from '../venues/raydium-cpmm/state.ts';
import { officialSdk } from './official-sdk.ts';

/** An official SDK's own quote on the bytes of one pool: base units out. */
export interface QuoteBaseline {
  readonly name: string;
  prepare(aToB: boolean): (amountIn: bigint) => () => bigint;
}

/** The official SDK of a venue on this pool; undefined when it is not installed or the venue has none here. */
export function quoteBaseline(venueId: string, pool: ContractPool): QuoteBaseline | undefined {
  if (venueId === 'orca-whirlpool') return whirlpoolBaseline(pool as ContractPool<WhirlpoolState>);
  if (venueId === 'raydium-cpmm') return cpmmBaseline(pool as ContractPool<CpmmState>);
  return undefined;
}

interface BigNumber {
  toString(): string;
}

interface BigNumberModule {
  new (digits: string): BigNumber;
}

interface WhirlpoolSdk {
  readonly NO_TOKEN_EXTENSION_CONTEXT: unknown;
  readonly ParsableWhirlpool: { parse(address: unknown, account: unknown): unknown };
  readonly ParsableTickArray: {
    parse(address: unknown, account: unknown): { startTickIndex: number } | null;
  };
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
function whirlpoolBaseline(pool: ContractPool<WhirlpoolState>): QuoteBaseline | undefined {
  const sdk = officialSdk('@orca-so/whirlpools-sdk') as WhirlpoolSdk | undefined;
  const web3 = officialSdk('@solana/web3.js') as
    | { PublicKey: new (bytes: Uint8Array) => unknown }
    | undefined;
  const common = officialSdk('@orca-so/common-sdk') as
    | { Percentage: { fromFraction(part: number, whole: number): unknown } }
    | undefined;
  const BN = officialSdk('bn.js') as BigNumberModule | undefined;
  if (sdk === undefined || web3 === undefined || common === undefined || BN === undefined) return undefined;
  const key = (address: string): unknown => new web3.PublicKey(addressBytes(address as never));
  const accountOf = (address: string) => {
    const account = pool.accounts.get(address as never);
    if (account === undefined) return null;
    return { data: Buffer.from(account.data), owner: key(account.owner), lamports: 1, executable: false };
  };
  const poolKey = key(pool.address);
  const whirlpoolData = sdk.ParsableWhirlpool.parse(poolKey, accountOf(pool.address));
  const { tickIndex, tickSpacing, address } = pool.state;
  const program = key(pool.accounts.get(address)!.owner);
  const slippage = common.Percentage.fromFraction(0, 100);
  return {
    name: '@orca-so/whirlpools-sdk swapQuoteWithParams',
    prepare(aToB) {
      const keys = sdk.SwapUtils.getTickArrayPublicKeys(tickIndex, tickSpacing, aToB, program, poolKey);
      const span = tickSpacing * 88;
      const first = Math.floor((aToB ? tickIndex : tickIndex + tickSpacing) / span) * span;
      const parsed = keys.map((arrayKey, i) => ({
        address: arrayKey,
        startTickIndex: first + (aToB ? -i : i) * span,
        data: sdk.ParsableTickArray.parse(arrayKey, accountOf(arrayKey.toBase58())),
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
        const params = { ...fixed, tokenAmount: new BN(String(amountIn)) };
        return () => BigInt(String(sdk.swapQuoteWithParams(params, slippage).estimatedAmountOut));
      };
    },
  };
}

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

function cpmmBaseline(pool: ContractPool<CpmmState>): QuoteBaseline | undefined {
  const sdk = officialSdk('@raydium-io/raydium-sdk-v2') as CpmmSdk | undefined;
  const BN = officialSdk('bn.js') as BigNumberModule | undefined;
  if (sdk === undefined || BN === undefined) return undefined;
  const { sideAToB, sideBToA, rates, figures } = pool.state;
  const big = (value: bigint): BigNumber => new BN(String(value));
  return {
    name: '@raydium-io/raydium-sdk-v2 CurveCalculator.swapBaseInput',
    prepare(aToB) {
      const side = aToB ? sideAToB : sideBToA;
      const reserveIn = big(side.reserveIn);
      const reserveOut = big(side.reserveOut);
      const trade = big(rates.tradeFeeRate);
      const creator = big(figures.creatorFeeEnabled ? rates.creatorFeeRate : 0n);
      const protocol = big(rates.protocolFeeRate);
      const fund = big(rates.fundFeeRate);
      const onInput = side.outputFeeRate === 0n;
      return (amountIn) => {
        const amount = big(amountIn);
        return () => {
          const { swapBaseInput } = sdk.CurveCalculator;
          const paid = swapBaseInput(amount, reserveIn, reserveOut, trade, creator, protocol, fund, onInput);
          return BigInt(String(paid.outputAmount));
        };
      };
    },
  };
}
