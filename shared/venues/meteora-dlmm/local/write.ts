import type { AccountSource, AccountWrite } from '../../../core/account.ts';
import { copyOf, pushChanged } from '../../local/previous-bytes.ts';
import { arrayAddressOf } from '../accounts.ts';
import type { DlmmState } from '../state.ts';
import { encodeSwapNumbers } from './encode.ts';

/** The accounts of a settled state over their previous bytes: the pool and the bin arrays that a swap changed. */
export function write(state: DlmmState, source: AccountSource): readonly AccountWrite[] {
  const pool = copyOf(state.address, source);
  encodeSwapNumbers(pool.data, state);
  const writes: AccountWrite[] = [{ address: state.address, account: pool }];
  for (const index of state.touched) {
    const array = state.arrays.get(index);
    if (array) pushChanged(writes, arrayAddressOf(state.addresses, index), array.data, source);
  }
  return writes;
}
