import { type Address, addressBytes } from '../../../core/address.ts';
import {
  CONFIG_BYTES,
  CONFIG_DISCRIMINATOR,
  type CpmmConfig,
  type CpmmPoolFigures,
  type CpmmPoolKeys,
  CREATOR_FEE_ON_OFFSET,
  ENABLE_CREATOR_FEE_OFFSET,
  LP_SUPPLY_OFFSET,
  OPEN_TIME_OFFSET,
  POOL_BYTES,
  POOL_DISCRIMINATOR,
  writeSwapFigures,
} from '../layout.ts';

export function encodePool(keys: CpmmPoolKeys, figures: CpmmPoolFigures): Uint8Array {
  const data = new Uint8Array(POOL_BYTES);
  const view = new DataView(data.buffer);
  data.set(POOL_DISCRIMINATOR, 0);
  const addresses = [
    keys.config,
    keys.creator,
    keys.vault0,
    keys.vault1,
    keys.lpMint,
    keys.mint0,
    keys.mint1,
    keys.program0,
    keys.program1,
    keys.observation,
  ];
  addresses.forEach((value, i) => {
    data.set(addressBytes(value), 8 + 32 * i);
  });
  data.set([keys.authBump, figures.status, keys.lpDecimals, keys.decimals0, keys.decimals1], 328);
  view.setBigUint64(LP_SUPPLY_OFFSET, figures.lpSupply, true);
  view.setBigUint64(OPEN_TIME_OFFSET, BigInt(figures.openTime), true);
  data[CREATOR_FEE_ON_OFFSET] = figures.creatorFeeOn;
  data[ENABLE_CREATOR_FEE_OFFSET] = figures.creatorFeeEnabled ? 1 : 0;
  writeSwapFigures(data, figures);
  return data;
}

export function encodeConfig(config: CpmmConfig, bump: number, index: number, owner: Address): Uint8Array {
  const data = new Uint8Array(CONFIG_BYTES);
  const view = new DataView(data.buffer);
  data.set(CONFIG_DISCRIMINATOR, 0);
  data[8] = bump;
  view.setUint16(10, index, true);
  view.setBigUint64(12, config.tradeFeeRate, true);
  view.setBigUint64(20, config.protocolFeeRate, true);
  view.setBigUint64(28, config.fundFeeRate, true);
  data.set(addressBytes(owner), 44);
  data.set(addressBytes(owner), 76);
  view.setBigUint64(108, config.creatorFeeRate, true);
  return data;
}
