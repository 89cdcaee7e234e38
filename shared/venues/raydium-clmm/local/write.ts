import type { AccountSource, AccountWrite } from '../../../core/account.ts';
import { copyOf, pushChanged } from '../../local/previous-bytes.ts';
import { arrayAddressOf } from '../accounts.ts';
import type { ClmmState } from '../state.ts';
import { encodePoolNumbers } from './encode.ts';

/**
 * The accounts of a settled state over their previous bytes: the pool always (every swap writes it), tick arrays and
 * bitmap extension when a swap changed them. The observation account, which no quote reads, is left as it was.
 */
export function write(state: ClmmState, source: AccountSource): readonly AccountWrite[] {
  const pool = copyOf(state.address, source);
  encodePoolNumbers(pool.data, state);
  const writes: AccountWrite[] = [{ address: state.address, account: pool }];
  for (const [start, bytes] of state.touched) {
    pushChanged(writes, arrayAddressOf(state.addresses, start), bytes, source);
  }
  const { extension } = state.addresses;
  if (state.extensionTouched && extension !== undefined && state.extension) {
    pushChanged(writes, extension, state.extension, source);
  }
  return writes;
}
