/** The pool's running totals: swaps add to them and fail where they end, quotes read nothing else of them. */
import { readU128, writeU128 } from '../../core/u128.ts';
import { U64_MAX } from '../../core/units.ts';
import { mulDivDown } from '../../math/mul-div.ts';
import { OFFSETS, type PoolFigures } from './layout.ts';

const LIQUIDITY_SCALE = 128n;

/** How a fee is shared out; base units. `claiming` is the positions', `compounding` goes back into the reserves. */
export interface FeeShares {
  readonly protocol: bigint;
  readonly compounding: bigint;
  readonly claiming: bigint;
}

/** Shares of a fee without a referral. Rounding: protocol and compounding down (program `split_fees`). */
export function splitFee(figures: PoolFigures, fee: bigint): FeeShares {
  const protocol = mulDivDown(fee, figures.protocolFeePercent, 100n);
  const trading = fee - protocol;
  const compounding = mulDivDown(trading, figures.compoundingFeeBps, 10_000n);
  return { protocol, compounding, claiming: trading - compounding };
}

/** The largest fee that fits the protocol's 64-bit counters of a token even if all of it were the protocol's. */
export function protocolRoom(figures: PoolFigures, onA: boolean): bigint {
  const owed = onA ? figures.protocolFeeA : figures.protocolFeeB;
  const total = onA ? figures.totalProtocolFeeA : figures.totalProtocolFeeB;
  if (owed > total) return U64_MAX - owed;
  return U64_MAX - total;
}

/** False where the wide counters of a whole pool account stand in their upper half: no swap gets them there. */
export function areCountersSane(view: DataView): boolean {
  const halves =
    view.getUint8(OFFSETS.feeAPerLiquidity + 31) |
    view.getUint8(OFFSETS.feeBPerLiquidity + 31) |
    view.getUint8(OFFSETS.totalLpFeeA + 15) |
    view.getUint8(OFFSETS.totalLpFeeB + 15);
  return halves < 128;
}

/** Adds a swap's fee to the counters in the bytes of a whole pool account (`apply_swap_result`). */
export function countFee(view: DataView, liquidity: bigint, shares: FeeShares, onA: boolean): void {
  const owedAt = onA ? OFFSETS.protocolFeeA : OFFSETS.protocolFeeB;
  const totalAt = onA ? OFFSETS.totalProtocolFeeA : OFFSETS.totalProtocolFeeB;
  const lpAt = onA ? OFFSETS.totalLpFeeA : OFFSETS.totalLpFeeB;
  const perLiquidityAt = onA ? OFFSETS.feeAPerLiquidity : OFFSETS.feeBPerLiquidity;
  addU64(view, owedAt, shares.protocol);
  addU64(view, totalAt, shares.protocol);
  writeU128(view, lpAt, readU128(view, lpAt) + shares.claiming + shares.compounding);
  const high = readU128(view, perLiquidityAt + 16);
  const perLiquidity = (high << 128n) + readU128(view, perLiquidityAt);
  const grown = perLiquidity + (shares.claiming << LIQUIDITY_SCALE) / liquidity;
  writeU128(view, perLiquidityAt, grown);
  writeU128(view, perLiquidityAt + 16, grown >> 128n);
}

function addU64(view: DataView, offset: number, amount: bigint): void {
  view.setBigUint64(offset, view.getBigUint64(offset, true) + amount, true);
}
