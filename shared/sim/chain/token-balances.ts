import type { AccountBytes } from '../../core/account.ts';
import { type Address, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from '../../core/address.ts';
import { decodeMint, decodeTokenAccount } from '../../venues/token/token.ts';
import type { TokenBalance } from './transaction.ts';

/** What the token accounts among `keys` hold, in base units. */
export function tokenBalances(
  keys: readonly Address[],
  get: (address: Address) => AccountBytes | null,
): readonly TokenBalance[] {
  const balances: TokenBalance[] = [];
  for (let accountIndex = 0; accountIndex < keys.length; accountIndex++) {
    const account = get(keys[accountIndex]!);
    if (account === null || (account.owner !== TOKEN_PROGRAM && account.owner !== TOKEN_2022_PROGRAM))
      continue;
    const token = decodeTokenAccount(account);
    if (!token.ok) continue;
    const { mint, owner, amount } = token.value;
    const decimals = mintDecimals(mint, get);
    balances.push({ accountIndex, mint, owner, tokenProgram: account.owner, amount, decimals });
  }
  return balances;
}

/** Decimals of a mint, 0 when the chain does not hold it. */
export function mintDecimals(mint: Address, get: (address: Address) => AccountBytes | null): number {
  const account = get(mint);
  const facts = account === null ? undefined : decodeMint(mint, account);
  return facts?.ok === true ? facts.value.decimals : 0;
}
