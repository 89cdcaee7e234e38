import { createHash } from 'node:crypto';
import type { AccountSource, AccountWrite } from '../../core/account.ts';
import { addressBytes, TOKEN_2022_PROGRAM } from '../../core/address.ts';
import { ArbError } from '../../core/errors.ts';
import { createRandom, type Random } from '../../core/random.ts';
import type { PoolSpec } from '../../venues/local/local-venue.ts';
import { localHalf } from '../../venues/local-registry.ts';
import { VENUES } from '../../venues/registry.ts';
import { encodeMint } from '../../venues/token/token.ts';
import {
  BUILTIN_MINTS,
  BUILTIN_POOLS,
  type BuiltinPool,
  TAX_FEE_BPS,
  TAX_FEE_MAXIMUM,
  TAX_MINT,
} from './builtin-specs.ts';
import type { MarketMint, MarketPool, SimMarket } from './sim-market.ts';

/** Where the built-in chain starts; its epoch has some days left. */
const START = { slot: 441_900_000, unixTimestamp: 1_790_000_000, epoch: 1022 };
/** Opening prices differ from the reference by up to this share of a pool's fee. */
const OPENING_SPREAD = 0.6;
const WHOLE_SUPPLY = 2_000_000_000;

/**
 * The market that ships with the node: some 60 pools over 12 mints on every venue built, encoded by the venues
 * themselves. The same seed gives the same bytes.
 */
export function createBuiltinMarket(seed: string | number): SimMarket {
  const random = createRandom(seed).fork('built-in market');
  const bySymbol = new Map(BUILTIN_MINTS.map((mint) => [mint.symbol, mint]));
  const pools: MarketPool[] = [];
  const accounts = new Map(BUILTIN_MINTS.map((mint) => [mint.address, mintAccount(mint)]));
  const chain: AccountSource = (address) => accounts.get(address)?.account ?? null;
  for (const venue of VENUES) {
    for (const [index, wanted] of (BUILTIN_POOLS[venue.id] ?? []).entries()) {
      const mints = wanted.pair.map((symbol) => bySymbol.get(symbol));
      const [first, second] = mints;
      if (first === undefined || second === undefined) {
        throw new ArbError(
          'market-spec-invalid',
          `no mint ${wanted.pair.join(' or ')} in the built-in market`,
        );
      }
      const made = localHalf(venue).synthesize({
        ...poolSpec(
          `${seed}/${venue.id}/${index}`,
          wanted,
          first,
          second,
          random.fork(`${venue.id}/${index}`),
        ),
        chain,
      });
      pools.push({ venue: venue.id, address: made.address });
      for (const write of made.accounts) accounts.set(write.address, write);
    }
  }
  return {
    clock: START,
    pools,
    skipped: [],
    mints: BUILTIN_MINTS,
    accounts: [...accounts.values()],
    fairPrice: 'reference',
  };
}

/** Mints in byte order, as both programs ask, and a price within the pool's own fee of the reference. */
function poolSpec(
  name: string,
  wanted: BuiltinPool,
  first: MarketMint,
  second: MarketMint,
  random: Random,
): PoolSpec {
  const ordered = Buffer.compare(addressBytes(first.address), addressBytes(second.address)) < 0;
  const [a, b] = ordered ? [first, second] : [second, first];
  const offset = ((2 * random.next() - 1) * OPENING_SPREAD * wanted.feeBps) / 10_000;
  return {
    seed: seedText(name),
    mintA: a.address,
    mintB: b.address,
    decimalsA: a.decimals,
    decimalsB: b.decimals,
    tokenProgramA: a.tokenProgram,
    tokenProgramB: b.tokenProgram,
    price: (a.referencePriceUsd / b.referencePriceUsd) * Math.exp(offset),
    depthA: wanted.depthUsd / a.referencePriceUsd,
    feeBps: wanted.feeBps,
    variant: wanted.variant,
  };
}

/** Program addresses take seeds of at most 32 bytes. */
function seedText(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 32);
}

function mintAccount(mint: MarketMint): AccountWrite {
  const rate = { epoch: 0, maximumFee: TAX_FEE_MAXIMUM, feeBps: BigInt(TAX_FEE_BPS) };
  const taxed = mint.address === TAX_MINT && mint.tokenProgram === TOKEN_2022_PROGRAM;
  const account = encodeMint({
    tokenProgram: mint.tokenProgram,
    decimals: mint.decimals,
    supply: BigInt(WHOLE_SUPPLY) * 10n ** BigInt(mint.decimals),
    transferFee: taxed ? { older: rate, newer: rate } : undefined,
  });
  return { address: mint.address, account };
}
