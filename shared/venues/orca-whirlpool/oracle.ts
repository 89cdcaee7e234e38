import type { AccountBytes } from '../../core/account.ts';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { MAX_TICK } from '../../math/tick.ts';
import type { LoadRefusal } from '../venue.ts';
import type { AdaptiveFeeConstants, AdaptiveFeeVariables } from './adaptive-fee.ts';
import { startsWith, viewOf, WHIRLPOOL_PROGRAM } from './layout.ts';

/** The oracle account of a pool with an adaptive fee. Layout: orca-so/whirlpools `state/oracle.rs`. */
export const ORACLE_BYTES = 254;
export const ORACLE_DISCRIMINATOR = Uint8Array.of(0x8b, 0xc2, 0x83, 0xb3, 0x8c, 0xb3, 0xe5, 0xf4);
export const POOL_OFFSET = 8;
const U32_MAX = 0xffff_ffff;

export interface Oracle {
  /** Unix seconds before which the program refuses every swap. */
  readonly tradeEnableTimestamp: number;
  readonly constants: AdaptiveFeeConstants;
  readonly variables: AdaptiveFeeVariables;
}

/** Decodes an oracle of the pool whose address bytes are given. Never throws. */
export function decodeOracle(account: AccountBytes, poolBytes: Uint8Array): Outcome<Oracle, LoadRefusal> {
  const { data } = account;
  if (account.owner !== WHIRLPOOL_PROGRAM) return refusal('not-this-venue', 'oracle of another program');
  if (!startsWith(data, ORACLE_DISCRIMINATOR)) return refusal('wrong-discriminator', 'no oracle');
  if (data.length !== ORACLE_BYTES) return refusal('wrong-length', `oracle of ${data.length} bytes`);
  for (let i = 0; i < 32; i++) {
    if (data[POOL_OFFSET + i] !== poolBytes[i])
      return refusal('inconsistent-accounts', 'oracle of another pool');
  }
  const view = viewOf(data);
  const constants = {
    filterPeriod: view.getUint16(48, true),
    decayPeriod: view.getUint16(50, true),
    reductionFactor: view.getUint16(52, true),
    controlFactor: view.getUint32(54, true),
    maxAccumulator: view.getUint32(58, true),
    tickGroupSize: view.getUint16(62, true),
    majorSwapTicks: view.getUint16(64, true),
  };
  const variables = {
    referenceTimestamp: Number(view.getBigUint64(82, true)),
    majorSwapTimestamp: Number(view.getBigUint64(90, true)),
    volatilityReference: view.getUint32(98, true),
    tickGroupReference: view.getInt32(102, true),
    accumulator: view.getUint32(106, true),
  };
  const wrong = inconsistency(constants, variables);
  if (wrong !== undefined) return refusal('inconsistent-accounts', wrong);
  return success({ tradeEnableTimestamp: Number(view.getBigUint64(40, true)), constants, variables });
}

/** What the program never lets stand in an oracle and arithmetic relies on. */
function inconsistency(constants: AdaptiveFeeConstants, variables: AdaptiveFeeVariables): string | undefined {
  const { tickGroupSize, maxAccumulator } = constants;
  if (tickGroupSize === 0) return 'tick group size of 0';
  if (maxAccumulator * tickGroupSize > U32_MAX) return 'adaptive fee overflows';
  if (constants.reductionFactor >= 10_000) return 'reduction factor of 100 % or more';
  if (variables.volatilityReference > maxAccumulator) return 'volatility reference above its maximum';
  if (variables.accumulator > maxAccumulator) return 'volatility accumulator above its maximum';
  if (Math.abs(variables.tickGroupReference) * tickGroupSize > MAX_TICK + tickGroupSize) {
    return `tick group reference ${variables.tickGroupReference}`;
  }
  if (constants.majorSwapTicks > MAX_TICK) return 'major swap threshold above every tick';
  return undefined;
}
