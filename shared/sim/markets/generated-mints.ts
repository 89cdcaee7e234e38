import { createHash } from 'node:crypto';
import type { AccountWrite } from '../../core/account.ts';
import { type Address, addressAt, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from '../../core/address.ts';
import type { Random } from '../../core/random.ts';
import { encodeMint } from '../../venues/token/token.ts';
import { BUILTIN_MINTS } from './builtin-specs.ts';
import type { MarketMint } from './sim-market.ts';

/** A mint of a generated market with the fair price that its pools scatter around. */
export interface GeneratedMint extends MarketMint {
  /** Part of ten thousand that Token-2022 withholds of a transfer; 0 without such a fee. */
  readonly transferFeeBps: number;
}

/** The three mints that nearly every pool has on one side, in the order in which a market gets them. */
export const HUBS: readonly MarketMint[] = BUILTIN_MINTS.slice(0, 3);

const STAKED_SHARE = 0.02;
const TOKEN_2022_SHARE = 0.05;
const TRANSFER_FEES_BPS = [10, 50, 100, 300];
const SUPPLY_UNITS = 1_000_000_000_000_000_000n;

/** `count` mints: wSOL, USDC and USDT first, then a tail of staked SOL and of tokens at any price. */
export function generateMints(count: number, random: Random): readonly GeneratedMint[] {
  const hubs = HUBS.slice(0, count).map((mint) => ({ ...mint, transferFeeBps: 0 }));
  const tail = Array.from({ length: Math.max(0, count - hubs.length) }, (_, i) =>
    tailMint(i, random.fork(`mint ${i}`)),
  );
  return [...hubs, ...tail];
}

function tailMint(index: number, random: Random): GeneratedMint {
  const address: Address = addressAt(createHash('sha256').update(`generated mint ${index}`).digest());
  const symbol = `M${index}`;
  if (random.next() < STAKED_SHARE) {
    const price = HUBS[0]!.referencePriceUsd * (1.02 + 0.4 * random.next());
    return plain({ address, symbol, decimals: 9, referencePriceUsd: price, character: 'staked-sol' });
  }
  // Log-normal around five cents: most between a thousandth of a cent and some hundred dollars.
  const referencePriceUsd = Math.min(2_000, Math.max(1e-6, 0.05 * Math.exp(3 * random.normal())));
  // Dear tokens come with fine units; for cheap ones these would run out of 64 bits.
  const decimals = referencePriceUsd < 1e-3 ? 5 : random.next() < 0.75 ? 6 : random.next() < 0.7 ? 9 : 8;
  const made = plain({ address, symbol, decimals, referencePriceUsd, character: 'alt' });
  if (random.next() >= TOKEN_2022_SHARE) return made;
  const transferFeeBps = random.next() < 0.5 ? 0 : TRANSFER_FEES_BPS[random.below(TRANSFER_FEES_BPS.length)]!;
  return { ...made, tokenProgram: TOKEN_2022_PROGRAM, transferFeeBps };
}

function plain(mint: Omit<MarketMint, 'tokenProgram'>): GeneratedMint {
  return { ...mint, tokenProgram: TOKEN_PROGRAM, transferFeeBps: 0 };
}

/** The mint's account. */
export function generatedMintAccount(mint: GeneratedMint): AccountWrite {
  const { address, decimals, tokenProgram, transferFeeBps } = mint;
  const rate = { epoch: 0, maximumFee: SUPPLY_UNITS, feeBps: BigInt(transferFeeBps) };
  const transferFee = transferFeeBps === 0 ? undefined : { older: rate, newer: rate };
  return { address, account: encodeMint({ tokenProgram, decimals, supply: SUPPLY_UNITS, transferFee }) };
}
