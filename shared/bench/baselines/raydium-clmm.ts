import type { Address } from '../../core/address.ts';
import { CONTRACT_CLOCK, type ContractPool } from '../../venues/contract.ts';
import { officialSdk } from '../official-sdk.ts';
import { type BigNumber, bytesOf, type QuoteBaseline, sdkTools, toBigint } from './baseline.ts';

const SDK = '@raydium-io/raydium-sdk-v2';
const EXTENSION_BYTES = 1_832;

interface Decoder<T = unknown> {
  decode(data: Buffer): T;
}

interface ClmmSdk {
  readonly PoolInfoLayout: Decoder<{ tickCurrent: number; tickSpacing: number }>;
  readonly ClmmConfigLayout: Decoder;
  readonly TickArrayLayout: Decoder<{ startTickIndex: number }>;
  readonly TickArrayBitmapExtensionLayout: Decoder;
  swapInternal(params: unknown): { allTrade: boolean; amountCalculated: BigNumber };
}

/** The SDK's swap simulation itself, on accounts that it has decoded and put in order beforehand. */
export function clmmBaseline(pool: ContractPool): QuoteBaseline | undefined {
  const sdk = officialSdk(SDK) as ClmmSdk | undefined;
  const tools = sdkTools(SDK);
  if (sdk === undefined || tools === undefined) return undefined;
  const { key, big } = tools;
  const poolInfo = sdk.PoolInfoLayout.decode(bytesOf(pool, pool.address)!);
  const config = pool.state.accounts.find(({ role }) => role === 'config')!;
  const arrays: { address: unknown; value: { startTickIndex: number } }[] = [];
  let extension: unknown;
  for (const { address, role } of pool.state.accounts) {
    const data = role === 'ticks' ? bytesOf(pool, address) : undefined;
    if (data?.length === EXTENSION_BYTES) extension = sdk.TickArrayBitmapExtensionLayout.decode(data);
    else if (data !== undefined)
      arrays.push({ address: key(address), value: sdk.TickArrayLayout.decode(data) });
  }
  const fixed = {
    programId: key(pool.accounts.get(pool.address)!.owner as Address),
    poolId: key(pool.address),
    poolInfo,
    configInfo: sdk.ClmmConfigLayout.decode(bytesOf(pool, config.address)!),
    tickarrayBitmapExtension: extension,
    sqrtPriceLimitX64: big(0),
    isBaseInput: true,
    blockTimestamp: CONTRACT_CLOCK.unixTimestamp,
    includeExtraTickArrays: false,
  };
  const span = 60 * poolInfo.tickSpacing;
  const current = Math.floor(poolInfo.tickCurrent / span) * span;
  return {
    name: `${SDK} swapInternal`,
    remark: 'without the account addresses that its PoolUtils derives at every quote, which takes it longer',
    prepare(aToB) {
      const sign = aToB ? -1 : 1;
      const tickArrays = arrays
        .filter(({ value }) => (value.startTickIndex - current) * sign >= 0)
        .sort((a, b) => (a.value.startTickIndex - b.value.startTickIndex) * sign);
      return (amountIn) => {
        const params = { ...fixed, tickArrays, zeroForOne: aToB, amountSpecified: big(amountIn) };
        return () => {
          const { allTrade, amountCalculated } = sdk.swapInternal(params);
          if (!allTrade) throw new Error('the SDK runs out of tick arrays');
          return toBigint(amountCalculated);
        };
      };
    },
  };
}
