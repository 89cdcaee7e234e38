import { type Address, address, findProgramAddress, isAddress } from '../../core/address.ts';

/** Jito's tip payment program: its tip accounts are addresses that only it can have. */
const JITO_TIP_PAYMENT = address('T1pyyaTNZsKv2WcRAB8oVnk93mLJw2XzjtVYqCsaHqt');
const JITO_ACCOUNTS = 8;

/** The eight tip accounts of Jito, derived from its program: what a block engine tells must be among them. */
export function jitoTipAccounts(): readonly Address[] {
  return Array.from(
    { length: JITO_ACCOUNTS },
    (_, i) => findProgramAddress([Buffer.from(`TIP_ACCOUNT_${i}`)], JITO_TIP_PAYMENT).address,
  );
}

/** Helius Sender's, as its documentation lists them. */
export const HELIUS_TIP_ACCOUNTS: readonly Address[] = [
  '4ACfpUFoaSD9bfPdeu6DBt89gB6ENTeHBXCAi87NhDEE',
  'D2L6yPZ2FmmmTKPgzaMKdhu6EWZcTpLy1Vhx8uvZe7NZ',
  '9bnz4RShgq1hAnLnZbP8kbgBg1kEmcJBYQq3gQbmnSta',
  '5VY91ws6B2hMmBFRsXkoAAdsPHBJwRfBht4DXox3xkwn',
  '2nyhqdwKcJZR2vcqCyrYsaPVdAnFoJjiksCXJ7hfEYgD',
  '2q5pghRs6arqVjRvT5gfgWfWcHWmw1ZuCzphgd5KfWGJ',
  'wyvPkWjVZz1M8fHQnMMCDTQDbkManefNNhweYk5WkcF',
  '3KCKozbAaF75qEU33jtzozcJ29yJuaLJTy2jFdzUY8bT',
  '4vieeGHPYPG2MmyPRcYjdiDmmhN3ww7hsFNap8pVN3Ey',
  '4TQLFNWK8AovT1gFvda5jfw2oJeRMKEmw7aH6MGBJ3or',
].map(address);

/** Whom tips to a relay may be paid. */
export interface TipAccounts {
  /** Those that are known and that the relay has not dropped. Never empty. */
  readonly accounts: readonly Address[];
  /** Told by the relay and known by nobody here: nothing is ever paid to them. */
  readonly strangers: readonly Address[];
  /** Times that the relay told a list that could not be taken: empty, no addresses, or none of it known. */
  readonly refused: number;
  has(account: string): boolean;
  /** Takes the relay's own list. It may drop accounts, and bring back those that are known; it cannot add any. */
  told(list: readonly unknown[]): void;
}

/**
 * Of the accounts that the configuration names, or that are known of the relay. Whoever answers in a relay's name could name
 * his own account, and a tip that is paid is gone: so what is not known is shown, and waits for somebody to configure it.
 */
export function createTipAccounts(known: readonly Address[]): TipAccounts {
  let accounts = known;
  let strangers: readonly Address[] = [];
  let refused = 0;
  return {
    get accounts() {
      return accounts;
    },
    get strangers() {
      return strangers;
    },
    get refused() {
      return refused;
    },
    has: (account) => accounts.includes(account as Address),
    told(list) {
      const addresses = list.filter((one): one is Address => typeof one === 'string' && isAddress(one));
      strangers = addresses.filter((one) => !known.includes(one));
      const kept = known.filter((one) => addresses.includes(one));
      if (kept.length === 0) refused++;
      else accounts = kept;
    },
  };
}
