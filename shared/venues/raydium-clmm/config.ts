/** The fee configuration that pools share. Layout: raydium-io/raydium-clmm `states/config.rs`. */
import type { AccountBytes } from '../../core/account.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { reservedBytesSet } from '../reserved.ts';
import type { LoadRefusal } from '../venue.ts';
import { startsWith, viewOf } from './bytes.ts';
import { CLMM_PROGRAM } from './layout.ts';

export const CONFIG_BYTES = 117;
const RESERVED_OFFSET = 93;
export const CONFIG_DISCRIMINATOR = Uint8Array.of(0xda, 0xf4, 0x21, 0x68, 0xcb, 0xcb, 0x2b, 0x6f);
/** Fee rates are parts of a million. */
export const FEE_DENOMINATOR = 1_000_000;

export interface FeeConfig {
  /** Of what is swapped. */
  readonly tradeFeeRate: number;
  /** Of the trade fee. */
  readonly protocolFeeRate: number;
  readonly fundFeeRate: number;
}

/** Never throws. */
export function decodeConfig(account: AccountBytes): Outcome<FeeConfig, LoadRefusal> {
  const { data } = account;
  if (account.owner !== CLMM_PROGRAM) return refusal('inconsistent-accounts', 'config of another program');
  if (!startsWith(data, CONFIG_DISCRIMINATOR)) return refusal('wrong-discriminator', 'no config');
  if (data.length !== CONFIG_BYTES) return refusal('wrong-length', `config of ${data.length} bytes`);
  const reserved = reservedBytesSet(data, RESERVED_OFFSET, CONFIG_BYTES);
  if (reserved !== undefined) return reserved;
  const view = viewOf(data);
  const config = {
    protocolFeeRate: view.getUint32(43, true),
    tradeFeeRate: view.getUint32(47, true),
    fundFeeRate: view.getUint32(53, true),
  };
  if (config.tradeFeeRate >= FEE_DENOMINATOR) {
    return refusal('inconsistent-accounts', `trade fee of ${config.tradeFeeRate} parts of a million`);
  }
  if (config.protocolFeeRate + config.fundFeeRate > FEE_DENOMINATOR) {
    return refusal('inconsistent-accounts', 'protocol and fund take more than the fee');
  }
  return success(config);
}
