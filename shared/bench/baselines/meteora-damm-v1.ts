import { CONTRACT_CLOCK, type ContractPool } from '../../venues/contract.ts';
import type { DammV1State } from '../../venues/meteora-damm-v1/state.ts';
import { officialSdk } from '../official-sdk.ts';
import {
  type AccountsCoder,
  type BigNumber,
  bytesOf,
  type QuoteBaseline,
  sdkTools,
  toBigint,
} from './baseline.ts';

const SDK = '@meteora-ag/dynamic-amm-sdk';

interface DammV1Sdk {
  readonly AmmIdl: unknown;
  readonly VaultIdl: unknown;
  calculateSwapQuote(mintIn: unknown, amountIn: BigNumber, params: unknown): { amountOut: BigNumber };
}

/** `calculateSwapQuote` on a pool and vaults that the SDK's own descriptions have decoded beforehand. */
export function dammV1Baseline(pool: ContractPool<DammV1State>): QuoteBaseline | undefined {
  const sdk = officialSdk(SDK) as DammV1Sdk | undefined;
  const anchor = officialSdk('@coral-xyz/anchor', SDK) as
    | { readonly BorshAccountsCoder: new (idl: unknown) => AccountsCoder }
    | undefined;
  const tools = sdkTools(SDK);
  if (sdk === undefined || anchor === undefined || tools === undefined) return undefined;
  const { key, big } = tools;
  const vaults = new anchor.BorshAccountsCoder(sdk.VaultIdl);
  const { sideA, sideB, mintA, mintB } = pool.state;
  const params = {
    poolState: new anchor.BorshAccountsCoder(sdk.AmmIdl).decode('pool', bytesOf(pool, pool.address)!),
    vaultA: vaults.decode('vault', bytesOf(pool, sideA.vault)!),
    vaultB: vaults.decode('vault', bytesOf(pool, sideB.vault)!),
    poolVaultALp: big(sideA.poolLpAmount),
    poolVaultBLp: big(sideB.poolLpAmount),
    vaultALpSupply: big(sideA.lpSupply),
    vaultBLpSupply: big(sideB.lpSupply),
    vaultAReserve: big(sideA.reserve),
    vaultBReserve: big(sideB.reserve),
    currentTime: CONTRACT_CLOCK.unixTimestamp,
    currentSlot: CONTRACT_CLOCK.slot,
    depegAccounts: new Map(),
  };
  const [keyA, keyB] = [key(mintA), key(mintB)];
  return {
    name: `${SDK} calculateSwapQuote`,
    remark: 'it works out price impact too: there is no quote without',
    prepare: (aToB) => (amountIn) => {
      const amount = big(amountIn);
      return () => toBigint(sdk.calculateSwapQuote(aToB ? keyA : keyB, amount, params).amountOut);
    },
  };
}
