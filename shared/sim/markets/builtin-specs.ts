import { createHash } from 'node:crypto';
import { type Address, addressAt, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from '../../core/address.ts';
import type { MarketMint, MintCharacter } from './sim-market.ts';

/** One pool of the built-in market. The order of the two mints on chain is worked out from their bytes. */
export interface BuiltinPool {
  readonly pair: readonly [string, string];
  readonly feeBps: number;
  /** Dollars on each side of the pool near the price. */
  readonly depthUsd: number;
  /** The venue's own choice among its kinds of pool; see `synthesize` of the venue. */
  readonly variant: number;
}

/** The one mint that exists nowhere but here: Token-2022 with a transfer fee. */
export const TAX_MINT: Address = addressAt(createHash('sha256').update('built-in market: TAX mint').digest());
export const TAX_FEE_BPS = 50;
/** The most one transfer of TAX can cost, in its base units. */
export const TAX_FEE_MAXIMUM = 5_000_000_000n;

export const BUILTIN_MINTS: readonly MarketMint[] = [
  mint('SOL', 'So11111111111111111111111111111111111111112', 9, 142.35, 'sol'),
  mint('USDC', 'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', 6, 1, 'stable'),
  mint('USDT', 'Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB', 6, 0.9996, 'stable'),
  mint('JitoSOL', 'J1toso1uCk3RLmjorhTtrVwY9HJ7X8V9yYac6Y7kGCPn', 9, 179.14, 'staked-sol'),
  mint('BONK', 'DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263', 5, 0.00001184, 'alt'),
  mint('JUP', 'JUPyiwrYJFskUPiHa7hkeR8VUtAeFoSYbKedZNsDvCN', 6, 0.2243, 'alt'),
  mint('RAY', '4k3Dyjzvzp8eMZWUXbBCjEvwSkkk59S5iCNLY3QrkX6R', 6, 1.126, 'alt'),
  mint('mSOL', 'mSoLzYCxHdYgdzU16g5QSh3i5K3z3KZK7ytfqcJm7So', 9, 190.36, 'staked-sol'),
  mint('PYTH', 'HZ1JovNiVvGrGNiiYvEozEVgZ58xaU3RKwX8eACQBCt3', 6, 0.1043, 'alt'),
  mint('WIF', 'EKpQGSJtjMFqKZ9KQanSqYXRcF8fBopzLHYxdM65zcjm', 6, 0.4127, 'alt'),
  mint('JLP', '27G8MtK7VtTCCHkpASjSDdkWWYfoqT6ggEuKidVJidD4', 6, 4.618, 'alt'),
  { ...mint('TAX', TAX_MINT, 6, 0.0371, 'alt'), tokenProgram: TOKEN_2022_PROGRAM },
];

/** The pools by venue id. A venue that is built joins the market when it has a list here. */
export const BUILTIN_POOLS: Readonly<Record<string, readonly BuiltinPool[]>> = {
  'meteora-damm-v1': [
    pool('SOL', 'USDC', 25, 310_000, 1),
    pool('USDC', 'USDT', 1, 540_000, 2),
    pool('SOL', 'JitoSOL', 4, 390_000, 3),
    pool('mSOL', 'SOL', 3, 260_000, 2),
    pool('BONK', 'SOL', 25, 170_000, 0),
    pool('JUP', 'USDC', 100, 85_000, 0),
    pool('RAY', 'SOL', 25, 140_000, 1),
  ],
  'meteora-damm-v2': [
    pool('SOL', 'USDC', 20, 310_000, 1),
    pool('SOL', 'USDT', 25, 140_000, 0),
    pool('JitoSOL', 'SOL', 10, 170_000, 2),
    pool('BONK', 'SOL', 40, 90_000, 3),
    pool('JUP', 'USDC', 25, 80_000, 4),
    pool('WIF', 'SOL', 30, 75_000, 7),
    pool('TAX', 'USDC', 100, 50_000, 5),
  ],
  'meteora-dlmm': [
    pool('SOL', 'USDC', 4, 320_000, 0),
    pool('SOL', 'USDC', 10, 280_000, 1),
    pool('SOL', 'USDT', 20, 140_000, 2),
    pool('JitoSOL', 'SOL', 2, 230_000, 0),
    pool('BONK', 'SOL', 30, 120_000, 3),
    pool('JUP', 'USDC', 25, 110_000, 2),
    pool('JLP', 'USDC', 8, 210_000, 0),
  ],
  'orca-whirlpool': [
    pool('SOL', 'USDC', 4, 560_000, 0),
    pool('SOL', 'USDC', 16, 240_000, 1),
    pool('SOL', 'USDT', 5, 190_000, 0),
    pool('USDT', 'USDC', 1, 620_000, 0),
    pool('JitoSOL', 'SOL', 1, 480_000, 0),
    pool('JitoSOL', 'USDC', 16, 130_000, 2),
    pool('mSOL', 'SOL', 1, 350_000, 2),
    pool('BONK', 'SOL', 30, 190_000, 0),
    pool('JUP', 'SOL', 30, 150_000, 0),
    pool('JUP', 'USDC', 16, 110_000, 3),
    pool('PYTH', 'USDC', 30, 95_000, 1),
    pool('TAX', 'USDC', 100, 90_000, 0),
  ],
  'phoenix-v1': [
    pool('SOL', 'USDC', 2, 420_000, 0),
    pool('SOL', 'USDT', 3, 160_000, 1),
    pool('JitoSOL', 'SOL', 1, 260_000, 2),
    pool('USDT', 'USDC', 1, 300_000, 0),
    pool('BONK', 'USDC', 5, 80_000, 3),
    pool('JUP', 'USDC', 4, 90_000, 1),
  ],
  'raydium-amm-v4': [
    pool('SOL', 'USDC', 25, 2_400_000, 0),
    pool('SOL', 'USDT', 25, 280_000, 1),
    pool('BONK', 'SOL', 25, 310_000, 2),
    pool('JUP', 'USDC', 25, 130_000, 0),
    pool('RAY', 'SOL', 25, 720_000, 3),
    pool('RAY', 'USDC', 25, 560_000, 0),
    pool('WIF', 'SOL', 25, 460_000, 0),
  ],
  'raydium-clmm': [
    pool('SOL', 'USDC', 4, 380_000, 0),
    pool('SOL', 'USDT', 5, 170_000, 1),
    pool('USDT', 'USDC', 1, 410_000, 0),
    pool('mSOL', 'SOL', 5, 180_000, 2),
    pool('WIF', 'USDC', 25, 120_000, 3),
    pool('RAY', 'USDC', 25, 150_000, 1),
    pool('JLP', 'SOL', 10, 130_000, 0),
  ],
  'raydium-cpmm': [
    pool('SOL', 'USDC', 25, 1_500_000, 0),
    pool('SOL', 'USDT', 25, 330_000, 0),
    pool('JitoSOL', 'USDC', 25, 180_000, 0),
    pool('BONK', 'USDC', 100, 90_000, 0),
    pool('JUP', 'SOL', 25, 190_000, 0),
    pool('RAY', 'SOL', 25, 650_000, 0),
    pool('PYTH', 'SOL', 25, 140_000, 0),
    pool('JLP', 'USDC', 25, 260_000, 0),
    pool('TAX', 'SOL', 25, 130_000, 1),
  ],
};

function mint(
  symbol: string,
  address: string,
  decimals: number,
  referencePriceUsd: number,
  character: MintCharacter,
): MarketMint {
  return {
    address: address as Address,
    symbol,
    decimals,
    tokenProgram: TOKEN_PROGRAM,
    referencePriceUsd,
    character,
  };
}

function pool(a: string, b: string, feeBps: number, depthUsd: number, variant: number): BuiltinPool {
  return { pair: [a, b], feeBps, depthUsd, variant };
}
