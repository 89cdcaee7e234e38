import type { AccountBytes } from '../../../core/account.ts';
import { TOKEN_2022_PROGRAM, TOKEN_PROGRAM, WSOL_MINT } from '../../../core/address.ts';
import { formatUnits } from '../../../core/units.ts';
import { decodeTokenAccount } from '../../../venues/token/token.ts';
import type { AccountsView } from '../../chain/ledger.ts';
import { mintDecimals } from '../../chain/token-balances.ts';
import type { Json } from './json-text.ts';

/** An amount in the shapes that a validator gives it. */
export function uiTokenAmount(amount: bigint, decimals: number): Json {
  const exact = formatUnits(amount, decimals);
  return { amount: amount.toString(), decimals, uiAmount: Number(exact), uiAmountString: exact };
}

/** The jsonParsed data of a token account whose mint is known; undefined for everything else. */
export function parsedTokenData(account: AccountBytes, accounts: AccountsView): Json | undefined {
  if (account.owner !== TOKEN_PROGRAM && account.owner !== TOKEN_2022_PROGRAM) return undefined;
  const token = decodeTokenAccount(account);
  if (!token.ok || accounts.get(token.value.mint) === null) return undefined;
  const { mint, owner, amount, frozen } = token.value;
  return {
    program: account.owner === TOKEN_PROGRAM ? 'spl-token' : 'spl-token-2022',
    parsed: {
      type: 'account',
      info: {
        isNative: mint === WSOL_MINT,
        mint,
        owner,
        state: frozen ? 'frozen' : 'initialized',
        tokenAmount: uiTokenAmount(amount, mintDecimals(mint, accounts.get)),
      },
    },
    space: account.data.length,
  };
}
