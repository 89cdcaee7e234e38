import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';

/** One account as it stood at one slot. `account` null: it does not exist there. */
export interface AccountUpdate {
  readonly address: Address;
  readonly slot: number;
  readonly account: AccountBytes | null;
}
