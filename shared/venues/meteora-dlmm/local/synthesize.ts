import type { AccountWrite } from '../../../core/account.ts';
import {
  type Address,
  addressBytes,
  findProgramAddress,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
} from '../../../core/address.ts';
import { ArbError } from '../../../core/errors.ts';
import { createRandom } from '../../../core/random.ts';
import { binNearPrice, priceOfBin } from '../../../math/bin-price.ts';
import type { PoolSpec, SynthesizedPool } from '../../local/local-venue.ts';
import { encodeTokenAccount, rentExemptLamports } from '../../token/token.ts';
import { binArrayAddress, extensionAddress } from '../accounts.ts';
import { arrayOfBin } from '../bin-array.ts';
import { INNER_MAX, INNER_MIN } from '../bitmap.ts';
import { baseFeeRate } from '../fee.ts';
import {
  ACTIVATION_BY_SLOT,
  DLMM_PROGRAM,
  FEE_ON_B,
  FEE_ON_INPUT,
  FUNCTION_LIMIT_ORDER,
  FUNCTION_UNDETERMINED,
  PERMISSIONLESS_V2,
  type PoolFacts,
  type PoolNumbers,
} from '../layout.ts';
import { encodePool } from './encode.ts';
import { type BinMaking, encodeBinArray, encodeExtension, setInnerBits } from './encode-arrays.ts';
import { makeBins } from './positions.ts';

const MAX_BIN_STEP = 100;
const PROTOCOL_SHARE_BPS = 1_000;
const ORACLE_BYTES = 3_232;
const ORACLE_DISCRIMINATOR = Uint8Array.of(139, 194, 131, 179, 140, 179, 229, 244);
const ORACLE_SAMPLES = 100n;

const encoder = new TextEncoder();

/** What a variant is: fee only in B, limit orders, gaps between the bin arrays. */
const VARIANTS = [
  { feeOnB: false, limitOrders: false, gaps: false },
  { feeOnB: true, limitOrders: false, gaps: false },
  { feeOnB: true, limitOrders: true, gaps: false },
  { feeOnB: false, limitOrders: true, gaps: true },
] as const;

/**
 * A pool as the program would have made it, at its own derived addresses, that the program itself would swap on.
 * `variant` modulo 4: 0 plain, 1 fee only in mint B, 2 that and limit orders, 3 limit orders and gaps between bin
 * arrays. Mints keep the spec's order. Throws `spec-invalid` when the program has no bin at the price.
 */
export function synthesize(spec: PoolSpec): SynthesizedPool {
  const variant = VARIANTS[spec.variant % VARIANTS.length]!;
  const binStep = Math.min(Math.max(Math.round(spec.feeBps), 1), MAX_BIN_STEP);
  const baseFactor = Math.round((spec.feeBps * 10_000) / binStep);
  const rawPrice = spec.price * 10 ** (spec.decimalsB - spec.decimalsA);
  const activeId = binNearPrice(rawPrice, binStep);
  const activePrice = priceOfBin(activeId, binStep);
  if (!Number.isSafeInteger(activeId) || activePrice === undefined) {
    throw new ArbError('spec-invalid', `a pool cannot stand at price ${spec.price}`, { price: spec.price });
  }
  const baseKey = derive(encoder.encode('preset'), encoder.encode(spec.seed)).address;
  const { address, bump } = derive(addressBytes(baseKey), ...mintsAscending(spec));
  const poolBytes = addressBytes(address);
  const facts: PoolFacts = {
    binStep,
    pairType: PERMISSIONLESS_V2,
    mintA: spec.mintA,
    mintB: spec.mintB,
    vaultA: derive(poolBytes, addressBytes(spec.mintA)).address,
    vaultB: derive(poolBytes, addressBytes(spec.mintB)).address,
    oracle: derive(encoder.encode('oracle'), poolBytes).address,
  };
  const made = makeBins({
    activeId,
    binStep,
    depthA: BigInt(Math.floor(spec.depthA * 10 ** spec.decimalsA)),
    random: createRandom(`dlmm/${spec.seed}`),
    limitOrders: variant.limitOrders,
    gaps: variant.gaps,
  });
  const data = encodePool(
    {
      facts,
      baseKey,
      baseFactor,
      bump,
      functionType: variant.limitOrders ? FUNCTION_LIMIT_ORDER : FUNCTION_UNDETERMINED,
      collectFeeMode: variant.feeOnB ? FEE_ON_B : FEE_ON_INPUT,
      minBinId: made.minId,
      maxBinId: made.maxId,
      tokenFlags: [tokenFlag(spec.tokenProgramA), tokenFlag(spec.tokenProgramB)],
    },
    freshNumbers(activeId, binStep, baseFactor, variant.limitOrders, variant.feeOnB),
  );
  const indexes = [...new Set([...made.bins.keys()].map(arrayOfBin))];
  setInnerBits(data, indexes);
  const accounts: AccountWrite[] = [owned(address, data), owned(facts.oracle, freshOracle())];
  for (const index of indexes) {
    accounts.push(owned(binArrayAddress(address, index), encodeBinArray(poolBytes, index, made.bins)));
  }
  if (indexes.some((index) => index < INNER_MIN || index > INNER_MAX)) {
    accounts.push(owned(extensionAddress(address), encodeExtension(poolBytes, indexes)));
  }
  accounts.push(vault(facts.vaultA, spec.mintA, address, totalOf(made.bins, true), spec.tokenProgramA));
  accounts.push(vault(facts.vaultB, spec.mintB, address, totalOf(made.bins, false), spec.tokenProgramB));
  return { address, accounts };
}

/** Volatility parameters like those of the public presets; nothing has moved yet. */
function freshNumbers(
  activeId: number,
  binStep: number,
  baseFactor: number,
  takesLimitOrders: boolean,
  feeOnB: boolean,
): PoolNumbers {
  return {
    fee: {
      binStep,
      baseRate: baseFeeRate(baseFactor, binStep, 0),
      filterPeriod: 30,
      decayPeriod: 600,
      reductionFactor: 5_000,
      variableFeeControl: Math.round(2_000_000 / binStep),
      maxAccumulator: 350_000,
      protocolShareBps: PROTOCOL_SHARE_BPS,
    },
    volatility: { accumulator: 0, reference: 0, indexReference: activeId, updatedAt: 0n },
    activeId,
    enabled: true,
    activationType: ACTIVATION_BY_SLOT,
    activationPoint: 0n,
    takesLimitOrders,
    feeOnB,
    protocolFeeA: 0n,
    protocolFeeB: 0n,
  };
}

/** What the bins hold: market makers' amounts, and limit orders on the side that sells this mint. */
function totalOf(bins: ReadonlyMap<number, BinMaking>, isA: boolean): bigint {
  let total = 0n;
  for (const bin of bins.values()) {
    total += isA ? bin.amountA : bin.amountB;
    if (bin.ordersAsk === isA) total += bin.openOrders;
  }
  return total;
}

function freshOracle(): Uint8Array {
  const data = new Uint8Array(ORACLE_BYTES);
  data.set(ORACLE_DISCRIMINATOR, 0);
  new DataView(data.buffer).setBigUint64(24, ORACLE_SAMPLES, true);
  return data;
}

function tokenFlag(program: Address = TOKEN_PROGRAM): number {
  return program === TOKEN_2022_PROGRAM ? 1 : 0;
}

/** The program signs for a pool with its preset's key and its mints in byte order. */
function mintsAscending(spec: PoolSpec): readonly [Uint8Array, Uint8Array] {
  const a = addressBytes(spec.mintA);
  const b = addressBytes(spec.mintB);
  return Buffer.compare(a, b) < 0 ? [a, b] : [b, a];
}

function derive(...seeds: readonly Uint8Array[]) {
  return findProgramAddress(seeds, DLMM_PROGRAM);
}

function owned(address: Address, data: Uint8Array): AccountWrite {
  return { address, account: { owner: DLMM_PROGRAM, lamports: rentExemptLamports(data.length), data } };
}

function vault(
  address: Address,
  mint: Address,
  pool: Address,
  amount: bigint,
  tokenProgram: Address = TOKEN_PROGRAM,
): AccountWrite {
  const withheld = tokenProgram === TOKEN_2022_PROGRAM ? { withheldAmount: 0n } : {};
  return { address, account: encodeTokenAccount({ mint, owner: pool, amount, tokenProgram, ...withheld }) };
}
