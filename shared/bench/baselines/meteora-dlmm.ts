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

const SDK = '@meteora-ag/dlmm';
const BIN_ARRAY_BYTES = 10_136;

interface Dlmm {
  swapQuote(
    amountIn: BigNumber,
    swapForY: boolean,
    slippage: BigNumber,
    binArrays: readonly unknown[],
  ): { outAmount: BigNumber };
}

interface DlmmSdk {
  new (...parts: readonly unknown[]): Dlmm;
  createProgram(connection: unknown): { readonly coder: { readonly accounts: AccountsCoder } };
}

/** `swapQuote` of a pool object whose accounts the SDK has decoded beforehand. */
export function dlmmBaseline(pool: ContractPool): QuoteBaseline | undefined {
  const sdk = officialSdk(SDK) as DlmmSdk | undefined;
  const tools = sdkTools(SDK);
  if (sdk === undefined || tools === undefined) return undefined;
  const { key, big } = tools;
  const program = sdk.createProgram({});
  const { accounts } = program.coder;
  const binArrays: { publicKey: unknown; account: unknown }[] = [];
  let extension: unknown = null;
  for (const { address, role } of pool.state.accounts) {
    const data = role === 'ticks' ? bytesOf(pool, address) : undefined;
    if (data === undefined) continue;
    const isArray = data.length === BIN_ARRAY_BYTES;
    const account = accounts.decode(isArray ? 'binArray' : 'binArrayBitmapExtension', data);
    const held = { publicKey: key(address), account };
    if (isArray) binArrays.push(held);
    else extension = held;
  }
  // Mints without extensions.
  const token = (mint: typeof pool.state.mintA) => ({
    publicKey: key(mint),
    mint: { tlvData: Buffer.alloc(0) },
  });
  const clock = {
    slot: big(CONTRACT_CLOCK.slot),
    epoch: big(CONTRACT_CLOCK.epoch),
    unixTimestamp: big(CONTRACT_CLOCK.unixTimestamp),
  };
  const lbPair = accounts.decode('lbPair', bytesOf(pool, pool.address)!);
  const { mintA, mintB } = pool.state;
  const dlmm = new sdk(
    key(pool.address),
    program,
    lbPair,
    extension,
    token(mintA),
    token(mintB),
    [],
    clock,
    {},
  );
  const slippage = big(0);
  return {
    name: `${SDK} swapQuote`,
    remark: 'it reads the wall clock, and works out price impact and least amount too',
    prepare: (aToB) => (amountIn) => {
      const amount = big(amountIn);
      return () => toBigint(dlmm.swapQuote(amount, aToB, slippage, binArrays).outAmount);
    },
  };
}
