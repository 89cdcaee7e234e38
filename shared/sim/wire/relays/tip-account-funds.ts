import { type Address, SYSTEM_PROGRAM } from '../../../core/address.ts';
import type { Bank } from '../../chain/bank.ts';

/** Puts tip accounts on the chain where they are missing: a tip alone would be below the rent of a new one. */
export function openTipAccounts(bank: Bank, accounts: readonly Address[]): void {
  for (const address of accounts) {
    if (bank.get(address) !== null) continue;
    const account = { owner: SYSTEM_PROGRAM, lamports: bank.rent(0), data: new Uint8Array(0) };
    bank.set({ address, account });
  }
}
