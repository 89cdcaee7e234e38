import { type Address, addressBytes } from '../../../core/address.ts';
import {
  type AmmFigures,
  type AmmKeys,
  COIN_DECIMALS_OFFSET,
  COIN_MINT_OFFSET,
  COIN_VAULT_OFFSET,
  FEES_OFFSET,
  LP_AMOUNT_OFFSET,
  LP_MINT_OFFSET,
  MARKET_OFFSET,
  MARKET_PROGRAM_OFFSET,
  NEED_TAKE_PNL_COIN_OFFSET,
  NEED_TAKE_PNL_PC_OFFSET,
  NONCE_OFFSET,
  OPEN_ORDERS_OFFSET,
  OPEN_TIME_OFFSET,
  OWNER_OFFSET,
  PC_DECIMALS_OFFSET,
  PC_MINT_OFFSET,
  PC_VAULT_OFFSET,
  POOL_BYTES,
  RESET_FLAG_OFFSET,
  STATE_OFFSET,
  SWAP_FEE_DENOMINATOR_OFFSET,
  SWAP_FEE_NUMERATOR_OFFSET,
  SYS_DECIMAL_OFFSET,
  TARGET_ORDERS_OFFSET,
  viewOf,
  writeSwapFigures,
} from '../layout.ts';
import { AUTHORITY_NONCE } from '../program.ts';

/** A pool account as the program initializes one: order depth, lot bounds and the other fees at its defaults. */
export function encodePool(keys: AmmKeys, figures: AmmFigures, lpAmount: bigint): Uint8Array {
  const data = new Uint8Array(POOL_BYTES);
  const view = viewOf(data);
  const sysDecimal = 10n ** BigInt(Math.max(keys.coinDecimals, keys.pcDecimals));
  const words: readonly (readonly [number, bigint])[] = [
    [NONCE_OFFSET, AUTHORITY_NONCE],
    [16, 7n],
    [24, 3n],
    [COIN_DECIMALS_OFFSET, BigInt(keys.coinDecimals)],
    [PC_DECIMALS_OFFSET, BigInt(keys.pcDecimals)],
    [STATE_OFFSET, 1n],
    [RESET_FLAG_OFFSET, 1n],
    [72, 500n],
    [80, (sysDecimal * 5n) / 1_000n],
    [104, 1n],
    [112, 1_000_000_000n],
    [SYS_DECIMAL_OFFSET, sysDecimal],
    [FEES_OFFSET, 5n],
    [FEES_OFFSET + 8, 10_000n],
    [FEES_OFFSET + 16, 25n],
    [FEES_OFFSET + 24, 10_000n],
    [FEES_OFFSET + 32, 12n],
    [FEES_OFFSET + 40, 100n],
    [SWAP_FEE_NUMERATOR_OFFSET, figures.swapFeeNumerator],
    [SWAP_FEE_DENOMINATOR_OFFSET, figures.swapFeeDenominator],
    [NEED_TAKE_PNL_COIN_OFFSET, figures.needTakePnlCoin],
    [NEED_TAKE_PNL_PC_OFFSET, figures.needTakePnlPc],
    [OPEN_TIME_OFFSET, BigInt(figures.openTime)],
    [LP_AMOUNT_OFFSET, lpAmount],
  ];
  for (const [at, value] of words) view.setBigUint64(at, value, true);
  const addresses: readonly (readonly [number, Address])[] = [
    [COIN_VAULT_OFFSET, keys.coinVault],
    [PC_VAULT_OFFSET, keys.pcVault],
    [COIN_MINT_OFFSET, keys.coinMint],
    [PC_MINT_OFFSET, keys.pcMint],
    [LP_MINT_OFFSET, keys.lpMint],
    [OPEN_ORDERS_OFFSET, keys.openOrders],
    [MARKET_OFFSET, keys.market],
    [MARKET_PROGRAM_OFFSET, keys.marketProgram],
    [TARGET_ORDERS_OFFSET, keys.targetOrders],
    [OWNER_OFFSET, keys.targetOrders],
  ];
  for (const [at, value] of addresses) data.set(addressBytes(value), at);
  writeSwapFigures(data, figures);
  return data;
}
