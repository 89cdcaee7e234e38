import type { AccountBytes } from '../../core/account.ts';
import {
  type Address,
  associatedTokenAddress,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  WSOL_MINT,
} from '../../core/address.ts';
import type { MarketEvent } from '../../engine/event.ts';
import { decodeTokenAccount } from '../../venues/token/token.ts';

/** One account of a wallet: its lamports, or what it holds of a mint. */
export interface WalletBalance {
  readonly wallet: Address;
  readonly account: Address;
  /** Undefined: the wallet's own lamports. */
  readonly mint: Address | undefined;
  /** Base units; 0 while the account does not exist. */
  readonly amount: bigint;
  /** False while it is not on the chain, or is of another mint. */
  readonly exists: boolean;
  /** Slot that it was last told at; -1 before the first. */
  readonly slot: number;
  /** False while the feed cannot vouch for it. */
  readonly confirmed: boolean;
}

/** What the configured wallets hold on chain, followed over the same account stream as the pools. */
export interface WalletBalances {
  /** What is to be watched. */
  readonly accounts: readonly Address[];
  /**
   * What the engine is told instead: a `balance` for an account of the wallets, nothing where that says nothing new, and
   * every other event as it is.
   */
  take(event: MarketEvent): MarketEvent | undefined;
  balances(): readonly WalletBalance[];
}

type Held = { -readonly [K in keyof WalletBalance]: WalletBalance[K] };

export function createWalletBalances(wallets: readonly Address[], mints: readonly Address[]): WalletBalances {
  const held = new Map<Address, Held>();
  const add = (wallet: Address, account: Address, mint: Address | undefined): void => {
    held.set(account, { wallet, account, mint, amount: 0n, exists: false, slot: -1, confirmed: false });
  };
  for (const wallet of wallets) {
    add(wallet, wallet, undefined);
    for (const mint of mints) {
      // Which of the two programs a mint is under, its bytes say; an account of the other one never exists.
      for (const program of [TOKEN_PROGRAM, TOKEN_2022_PROGRAM]) {
        add(wallet, associatedTokenAddress(wallet, mint, program), mint);
      }
    }
  }

  return {
    accounts: [...held.keys()],
    take(event) {
      if (held.size === 0) return event;
      if (event.kind === 'account') {
        const entry = held.get(event.update.address);
        if (entry === undefined) return event;
        const wasThere = entry.exists;
        const amount = amountOf(entry, event.update.account);
        entry.exists = amount !== undefined;
        entry.amount = amount ?? 0n;
        entry.slot = event.update.slot;
        entry.confirmed = true;
        // Most accounts that are watched for do not exist, and never did.
        return entry.exists || wasThere ? balanceOf(entry, event.atMicros) : undefined;
      }
      if (event.kind === 'lost') {
        for (const address of event.addresses) lose(held.get(address));
      } else if (event.kind === 'feed' && !event.live) {
        for (const entry of held.values()) lose(entry);
      }
      return event;
    },
    balances: () => [...held.values()].filter(({ amount, mint }) => mint === undefined || amount > 0n),
  };
}

function balanceOf({ mint, amount, exists, slot, account }: Held, atMicros: number): MarketEvent {
  return { kind: 'balance', atMicros, mint: mint ?? WSOL_MINT, amount, exists, slot, source: account };
}

function lose(entry: Held | undefined): void {
  if (entry !== undefined) entry.confirmed = false;
}

/** Undefined where there is no account, or not one of the mint. */
function amountOf({ mint }: Held, account: AccountBytes | null): bigint | undefined {
  if (account === null) return undefined;
  if (mint === undefined) return account.lamports;
  const decoded = decodeTokenAccount(account);
  return decoded.ok && decoded.value.mint === mint ? decoded.value.amount : undefined;
}
