import type { Address } from '../core/address.ts';
import type { Market } from '../market/market.ts';

/** What people call a mint, and how its base units are written. */
export interface TokenName {
  readonly mint: Address;
  readonly symbol: string;
  readonly decimals: number;
}

/** The mints that most routes go through. Others are shown by the first characters of their address. */
const KNOWN: Readonly<Record<string, string>> = {
  So11111111111111111111111111111111111111112: 'SOL',
  EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v: 'USDC',
  Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB: 'USDT',
  J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn: 'JitoSOL',
  mSoLzYCxHdYgdzU16g5QSh3i5K3z3KZK7ytfqcJm7So: 'mSOL',
  DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263: 'BONK',
  JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN: 'JUP',
  '4k3Dyjzvzp8eMZWUXbBCjEvwSkkk59S5iCNLY3QrkX6R': 'RAY',
};

export interface TokenNames {
  of(mint: Address): TokenName;
}

/** Names mints by `symbols` first, then by what is widely known; decimals come from the pools that trade them. */
export function createTokenNames(
  { market }: { readonly market: Market },
  symbols: ReadonlyMap<Address, string>,
): TokenNames {
  const named = new Map<Address, TokenName>();
  return {
    of(mint) {
      const known = named.get(mint);
      if (known !== undefined) return known;
      const symbol = symbols.get(mint) ?? KNOWN[mint] ?? `${mint.slice(0, 4)}…`;
      const decimals = decimalsOf(market, mint);
      const name: TokenName = { mint, symbol, decimals: decimals ?? 0 };
      // Kept only once the decimals are known: a pool that trades the mint may still be loading.
      if (decimals !== undefined) named.set(mint, name);
      return name;
    },
  };
}

function decimalsOf(market: Market, mint: Address): number | undefined {
  for (const { state } of market.pools) {
    if (state?.mintA === mint) return state.decimalsA;
    if (state?.mintB === mint) return state.decimalsB;
  }
  return undefined;
}
