import type { AccountBytes, AccountSource, AccountWrite } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';

/** An account as `source` holds it. Throws `account-unknown` when it does not. */
export function previousOf(address: Address, source: AccountSource): AccountBytes {
  const account = source(address);
  if (account === null || account === undefined) {
    throw new ArbError('account-unknown', `no previous bytes of ${address}`, { address });
  }
  return account;
}

/** The same, its bytes a copy to write over. */
export function copyOf(address: Address, source: AccountSource): AccountBytes {
  const account = previousOf(address, source);
  return { ...account, data: account.data.slice() };
}

/** Adds a copy of `data` as the account's bytes, unless they are what it has. Throws `account-unknown`. */
export function pushChanged(
  writes: AccountWrite[],
  address: Address,
  data: Uint8Array,
  source: AccountSource,
): void {
  const previous = previousOf(address, source);
  if (Buffer.compare(previous.data, data) === 0) return;
  writes.push({ address, account: { ...previous, data: data.slice() } });
}
