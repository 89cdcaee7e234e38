import type { AccountSource, AccountWrite } from '../../../core/account.ts';
import { copyOf, pushChanged } from '../../local/previous-bytes.ts';
import { arrayAddressOf } from '../accounts.ts';
import type { WhirlpoolState } from '../state.ts';
import { encodeOracleVariables, encodePoolNumbers } from './encode.ts';

/**
 * The accounts of a settled state over their previous bytes: pool and oracle always (every swap writes them), tick
 * arrays when a crossing changed them.
 */
export function write(state: WhirlpoolState, source: AccountSource): readonly AccountWrite[] {
  const pool = copyOf(state.address, source);
  encodePoolNumbers(pool.data, state);
  const writes: AccountWrite[] = [{ address: state.address, account: pool }];
  const { oracle } = state.addresses;
  if (state.oracle !== null && oracle !== undefined) {
    const account = copyOf(oracle, source);
    encodeOracleVariables(account.data, state.oracle.variables);
    writes.push({ address: oracle, account });
  }
  for (const start of state.touched) {
    const array = state.tickArrays.get(start);
    if (array) pushChanged(writes, arrayAddressOf(state.addresses, start), array.data, source);
  }
  return writes;
}
