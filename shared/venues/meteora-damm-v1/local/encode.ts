import { type Address, addressBytes } from '../../../core/address.ts';
import {
  ACTIVATION_POINT_OFFSET,
  ACTIVATION_TYPE_OFFSET,
  AMPLIFICATION_OFFSET,
  CACHE_UPDATED_OFFSET,
  CURVE_OFFSET,
  type DammV1Figures,
  type DammV1Keys,
  DEPEG_OFFSET,
  ENABLED_OFFSET,
  FEES_OFFSET,
  LP_MINT_OFFSET,
  MINT_A_OFFSET,
  MINT_B_OFFSET,
  MULTIPLIER_A_OFFSET,
  MULTIPLIER_B_OFFSET,
  PARTNER_FEE_OFFSET,
  PENDING_FEE_A_OFFSET,
  PENDING_FEE_B_OFFSET,
  POOL_BYTES,
  POOL_DISCRIMINATOR,
  POOL_TYPE_OFFSET,
  PRECISION_OFFSET,
  PROTOCOL_FEE_A_OFFSET,
  PROTOCOL_FEE_B_OFFSET,
  STABLE,
  STAKE_OFFSET,
  VAULT_A_OFFSET,
  VAULT_B_OFFSET,
  VAULT_LP_A_OFFSET,
  VAULT_LP_B_OFFSET,
  VAULT_LP_BUMP_OFFSET,
  VIRTUAL_PRICE_OFFSET,
} from '../layout.ts';

/** Writes the figures that a swap changes over the bytes of a pool account. */
export function writeSwapFigures(data: Uint8Array, figures: DammV1Figures): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  view.setBigUint64(PENDING_FEE_A_OFFSET, figures.pendingFeeA, true);
  view.setBigUint64(PENDING_FEE_B_OFFSET, figures.pendingFeeB, true);
  if (figures.curve === undefined) return;
  view.setBigUint64(VIRTUAL_PRICE_OFFSET, figures.curve.virtualPrice, true);
  view.setBigUint64(CACHE_UPDATED_OFFSET, figures.curve.cacheUpdated, true);
}

/** A permissionless pool account as the program makes it; `precision` is the greater of the mints' decimals. */
export function encodePool(keys: DammV1Keys, figures: DammV1Figures, precision: number): Uint8Array {
  const data = new Uint8Array(POOL_BYTES);
  const view = new DataView(data.buffer);
  data.set(POOL_DISCRIMINATOR, 0);
  const addresses: readonly (readonly [number, Address])[] = [
    [LP_MINT_OFFSET, keys.lpMint],
    [MINT_A_OFFSET, keys.mintA],
    [MINT_B_OFFSET, keys.mintB],
    [VAULT_A_OFFSET, keys.vaultA],
    [VAULT_B_OFFSET, keys.vaultB],
    [VAULT_LP_A_OFFSET, keys.vaultLpA],
    [VAULT_LP_B_OFFSET, keys.vaultLpB],
    [PROTOCOL_FEE_A_OFFSET, keys.protocolFeeA],
    [PROTOCOL_FEE_B_OFFSET, keys.protocolFeeB],
    [STAKE_OFFSET, keys.stake],
  ];
  for (const [offset, value] of addresses) data.set(addressBytes(value), offset);
  data[VAULT_LP_BUMP_OFFSET] = keys.vaultLpBump;
  data[ENABLED_OFFSET] = figures.enabled ? 1 : 0;
  view.setBigUint64(FEES_OFFSET, figures.tradeFeeNumerator, true);
  view.setBigUint64(FEES_OFFSET + 8, figures.tradeFeeDenominator, true);
  view.setBigUint64(FEES_OFFSET + 16, figures.protocolFeeNumerator, true);
  view.setBigUint64(FEES_OFFSET + 24, figures.protocolFeeDenominator, true);
  data[POOL_TYPE_OFFSET] = 1;
  view.setBigUint64(ACTIVATION_POINT_OFFSET, figures.activationPoint, true);
  data[ACTIVATION_TYPE_OFFSET] = figures.activationType;
  view.setBigUint64(PARTNER_FEE_OFFSET, figures.partnerFeeNumerator, true);
  const { curve } = figures;
  if (curve !== undefined) {
    data[CURVE_OFFSET] = STABLE;
    view.setBigUint64(AMPLIFICATION_OFFSET, curve.amplification, true);
    view.setBigUint64(MULTIPLIER_A_OFFSET, curve.multiplierA, true);
    view.setBigUint64(MULTIPLIER_B_OFFSET, curve.multiplierB, true);
    data[PRECISION_OFFSET] = precision;
    data[DEPEG_OFFSET] = curve.depeg;
  }
  writeSwapFigures(data, figures);
  return data;
}
