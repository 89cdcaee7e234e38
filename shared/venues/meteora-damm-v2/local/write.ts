import type { AccountSource, AccountWrite } from '../../../core/account.ts';
import { copyOf } from '../../local/previous-bytes.ts';
import { OFFSETS } from '../layout.ts';
import type { DammV2State } from '../state.ts';

/** Where a swap writes: first byte and length. */
const SWAP_WRITES: readonly (readonly [offset: number, bytes: number])[] = [
  [80, 72],
  [OFFSETS.protocolFeeA, 16],
  [OFFSETS.sqrtPrice, 16],
  [OFFSETS.feeAPerLiquidity, 64],
  [OFFSETS.totalLpFeeA, 48],
  [OFFSETS.reserveA, 17],
];

/** The pool account of a settled state: what a swap writes, over its previous bytes. */
export function write(state: DammV2State, source: AccountSource): readonly AccountWrite[] {
  const account = copyOf(state.address, source);
  for (const [offset, bytes] of SWAP_WRITES) {
    account.data.set(state.poolData.subarray(offset, offset + bytes), offset);
  }
  return [{ address: state.address, account }];
}
