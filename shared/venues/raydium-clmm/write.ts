import type { AccountBytes, AccountSource, AccountWrite } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import { arrayAddressOf } from './accounts.ts';
import { encodePoolNumbers } from './layout.ts';
import type { ClmmState } from './state.ts';

/**
 * The accounts of a settled state over their previous bytes: the pool always (every swap writes it), tick arrays and
 * bitmap extension when a swap changed them. The observation account, which no quote reads, is left as it was.
 * Throws `account-unknown` when `source` does not hold one of them.
 */
export function write(state: ClmmState, source: AccountSource): readonly AccountWrite[] {
  const pool = previousOf(state.address, source);
  const data = pool.data.slice();
  encodePoolNumbers(data, state);
  const writes: AccountWrite[] = [{ address: state.address, account: { ...pool, data } }];
  for (const [start, bytes] of state.touched) {
    push(writes, arrayAddressOf(state.addresses, start), bytes, source);
  }
  const { extension } = state.addresses;
  if (state.extensionTouched && extension !== undefined && state.extension) {
    push(writes, extension, state.extension, source);
  }
  return writes;
}

function push(writes: AccountWrite[], address: Address, data: Uint8Array, source: AccountSource): void {
  const previous = previousOf(address, source);
  if (Buffer.compare(previous.data, data) === 0) return;
  writes.push({ address, account: { ...previous, data: data.slice() } });
}

function previousOf(address: Address, source: AccountSource): AccountBytes {
  const account = source(address);
  if (account === null || account === undefined) {
    throw new ArbError('account-unknown', `no previous bytes of ${address}`, { address });
  }
  return account;
}
