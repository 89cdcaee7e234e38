import { type Address, addressAt } from '../../core/address.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { reservedBytesSet } from '../reserved.ts';
import type { LoadRefusal } from '../venue.ts';
import { AUTHORITY_NONCE, LAST_MACHINE_STATE, LAST_RESET_FLAG, STATUS_WAITING_TRADE } from './program.ts';

/** Bytes of the program's `AmmInfo` (packed, little-endian). The program writes no discriminator. */
export const POOL_BYTES = 752;
export const COIN_MINT_OFFSET = 400;
export const PC_MINT_OFFSET = 432;

const STATUS_OFFSET = 0;
export const NONCE_OFFSET = 8;
export const COIN_DECIMALS_OFFSET = 32;
export const PC_DECIMALS_OFFSET = 40;
export const STATE_OFFSET = 48;
export const RESET_FLAG_OFFSET = 56;
export const SYS_DECIMAL_OFFSET = 120;
export const FEES_OFFSET = 128;
export const SWAP_FEE_NUMERATOR_OFFSET = 176;
export const SWAP_FEE_DENOMINATOR_OFFSET = 184;
export const NEED_TAKE_PNL_COIN_OFFSET = 192;
export const NEED_TAKE_PNL_PC_OFFSET = 200;
export const OPEN_TIME_OFFSET = 224;
const SWAP_COIN_IN_OFFSET = 256;
const SWAP_PC_OUT_OFFSET = 272;
const SWAP_ACC_PC_FEE_OFFSET = 288;
const SWAP_PC_IN_OFFSET = 296;
const SWAP_COIN_OUT_OFFSET = 312;
const SWAP_ACC_COIN_FEE_OFFSET = 328;
export const COIN_VAULT_OFFSET = 336;
export const PC_VAULT_OFFSET = 368;
export const LP_MINT_OFFSET = 464;
export const OPEN_ORDERS_OFFSET = 496;
export const MARKET_OFFSET = 528;
export const MARKET_PROGRAM_OFFSET = 560;
export const TARGET_ORDERS_OFFSET = 592;
export const OWNER_OFFSET = 688;
export const LP_AMOUNT_OFFSET = 720;
const RECENT_EPOCH_OFFSET = 736;
const RESERVED_OFFSET = 744;

/** The addresses and decimals that no swap changes. */
export interface AmmKeys {
  readonly coinDecimals: number;
  readonly pcDecimals: number;
  readonly coinVault: Address;
  readonly pcVault: Address;
  readonly coinMint: Address;
  readonly pcMint: Address;
  readonly lpMint: Address;
  readonly openOrders: Address;
  readonly market: Address;
  readonly marketProgram: Address;
  readonly targetOrders: Address;
}

/** What swaps and administrators change. Amounts in base units; `openTime` in unix seconds. */
export interface AmmFigures {
  readonly status: number;
  readonly swapFeeNumerator: bigint;
  readonly swapFeeDenominator: bigint;
  /** Owed to the protocol out of the pool's tokens. */
  readonly needTakePnlCoin: bigint;
  readonly needTakePnlPc: bigint;
  readonly openTime: number;
  /** Running totals of all swaps; the last two are the fees, in the token that came in. */
  readonly swapCoinIn: bigint;
  readonly swapPcOut: bigint;
  readonly swapPcIn: bigint;
  readonly swapCoinOut: bigint;
  readonly swapAccCoinFee: bigint;
  readonly swapAccPcFee: bigint;
  readonly recentEpoch: bigint;
}

export function viewOf(data: Uint8Array): DataView {
  return new DataView(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Without a discriminator a pool is told by its length and by what the program keeps true of its own: a status of 1
 * to 7, the authority's nonce, decimals of one byte, known machine states and four fees below one.
 */
function checkPool(data: Uint8Array): ReturnType<typeof refusal<LoadRefusal>> | undefined {
  if (data.length !== POOL_BYTES) return refusal('wrong-length', `${data.length} bytes, not ${POOL_BYTES}`);
  const view = viewOf(data);
  const status = view.getBigUint64(STATUS_OFFSET, true);
  if (status < 1n || status > BigInt(STATUS_WAITING_TRADE)) {
    return refusal('wrong-discriminator', `status ${status}`);
  }
  const nonce = view.getBigUint64(NONCE_OFFSET, true);
  if (nonce !== AUTHORITY_NONCE) return refusal('wrong-discriminator', `nonce ${nonce}`);
  if (
    view.getBigUint64(COIN_DECIMALS_OFFSET, true) > 255n ||
    view.getBigUint64(PC_DECIMALS_OFFSET, true) > 255n
  ) {
    return refusal('wrong-discriminator', 'decimals of more than a byte');
  }
  if (
    view.getBigUint64(STATE_OFFSET, true) > LAST_MACHINE_STATE ||
    view.getBigUint64(RESET_FLAG_OFFSET, true) > LAST_RESET_FLAG
  ) {
    return refusal('wrong-discriminator', 'no known machine state');
  }
  for (let at = FEES_OFFSET; at <= SWAP_FEE_NUMERATOR_OFFSET; at += 16) {
    if (view.getBigUint64(at, true) >= view.getBigUint64(at + 8, true)) {
      return refusal('inconsistent-accounts', `a fee of one or more at byte ${at}`);
    }
  }
  return reservedBytesSet(data, RESERVED_OFFSET, POOL_BYTES);
}

/** The unchanging part of a pool account. Never throws. */
export function decodeKeys(data: Uint8Array): Outcome<AmmKeys, LoadRefusal> {
  const wrong = checkPool(data);
  if (wrong !== undefined) return wrong;
  return success({
    coinDecimals: data[COIN_DECIMALS_OFFSET]!,
    pcDecimals: data[PC_DECIMALS_OFFSET]!,
    coinVault: addressAt(data, COIN_VAULT_OFFSET),
    pcVault: addressAt(data, PC_VAULT_OFFSET),
    coinMint: addressAt(data, COIN_MINT_OFFSET),
    pcMint: addressAt(data, PC_MINT_OFFSET),
    lpMint: addressAt(data, LP_MINT_OFFSET),
    openOrders: addressAt(data, OPEN_ORDERS_OFFSET),
    market: addressAt(data, MARKET_OFFSET),
    marketProgram: addressAt(data, MARKET_PROGRAM_OFFSET),
    targetOrders: addressAt(data, TARGET_ORDERS_OFFSET),
  });
}

/** True when both pool accounts name the same vaults, mints, decimals and order book. */
export function sameKeys(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = COIN_VAULT_OFFSET; i < TARGET_ORDERS_OFFSET + 32; i++) if (a[i] !== b[i]) return false;
  for (let i = NONCE_OFFSET; i < NONCE_OFFSET + 8; i++) if (a[i] !== b[i]) return false;
  for (let i = COIN_DECIMALS_OFFSET; i < STATE_OFFSET; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** The changing part of a pool account. Never throws. */
export function decodeFigures(data: Uint8Array): Outcome<AmmFigures, LoadRefusal> {
  const wrong = checkPool(data);
  if (wrong !== undefined) return wrong;
  const view = viewOf(data);
  return success({
    status: data[STATUS_OFFSET]!,
    swapFeeNumerator: view.getBigUint64(SWAP_FEE_NUMERATOR_OFFSET, true),
    swapFeeDenominator: view.getBigUint64(SWAP_FEE_DENOMINATOR_OFFSET, true),
    needTakePnlCoin: view.getBigUint64(NEED_TAKE_PNL_COIN_OFFSET, true),
    needTakePnlPc: view.getBigUint64(NEED_TAKE_PNL_PC_OFFSET, true),
    openTime: Number(view.getBigUint64(OPEN_TIME_OFFSET, true)),
    swapCoinIn: u128At(view, SWAP_COIN_IN_OFFSET),
    swapPcOut: u128At(view, SWAP_PC_OUT_OFFSET),
    swapPcIn: u128At(view, SWAP_PC_IN_OFFSET),
    swapCoinOut: u128At(view, SWAP_COIN_OUT_OFFSET),
    swapAccCoinFee: view.getBigUint64(SWAP_ACC_COIN_FEE_OFFSET, true),
    swapAccPcFee: view.getBigUint64(SWAP_ACC_PC_FEE_OFFSET, true),
    recentEpoch: view.getBigUint64(RECENT_EPOCH_OFFSET, true),
  });
}

/** Writes the figures that a swap changes over the bytes of a pool account. */
export function writeSwapFigures(data: Uint8Array, figures: AmmFigures): void {
  const view = viewOf(data);
  view.setBigUint64(STATUS_OFFSET, BigInt(figures.status), true);
  writeU128(view, SWAP_COIN_IN_OFFSET, figures.swapCoinIn);
  writeU128(view, SWAP_PC_OUT_OFFSET, figures.swapPcOut);
  writeU128(view, SWAP_PC_IN_OFFSET, figures.swapPcIn);
  writeU128(view, SWAP_COIN_OUT_OFFSET, figures.swapCoinOut);
  view.setBigUint64(SWAP_ACC_COIN_FEE_OFFSET, figures.swapAccCoinFee, true);
  view.setBigUint64(SWAP_ACC_PC_FEE_OFFSET, figures.swapAccPcFee, true);
  view.setBigUint64(RECENT_EPOCH_OFFSET, figures.recentEpoch, true);
}

function u128At(view: DataView, at: number): bigint {
  return view.getBigUint64(at, true) | (view.getBigUint64(at + 8, true) << 64n);
}

function writeU128(view: DataView, at: number, value: bigint): void {
  view.setBigUint64(at, BigInt.asUintN(64, value), true);
  view.setBigUint64(at + 8, BigInt.asUintN(64, value >> 64n), true);
}
