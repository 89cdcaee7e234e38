import type { Address } from './address.ts';

/** One account as the chain holds it. `data` is never changed in place: a new state is a new array. */
export interface AccountBytes {
  readonly owner: Address;
  readonly lamports: bigint;
  readonly data: Uint8Array;
}

/**
 * Where account bytes come from. `null`: the chain says that the account does not exist.
 * `undefined`: nobody has asked yet, so nothing may be concluded.
 */
export type AccountSource = (address: Address) => AccountBytes | null | undefined;

/** What a swap or transaction left in an account. */
export interface AccountWrite {
  readonly address: Address;
  readonly account: AccountBytes;
}
