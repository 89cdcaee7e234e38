import type { AccountSource, AccountWrite } from '../../core/account.ts';
import type { Address } from '../../core/address.ts';
import type { MarketSnapshot } from '../../platform/files/snapshot-file.ts';
import { venueById } from '../../venues/registry.ts';
import { encodeMint } from '../../venues/token/token.ts';
import type { PoolState } from '../../venues/venue.ts';
import { loadLocally } from '../chain/local-rules.ts';
import { poolPrice } from './price-target.ts';
import type { MarketMint, MarketPool, SimMarket, SkippedPool } from './sim-market.ts';
import { describeMint, pricesFromPools, type QuotedPair } from './snapshot-prices.ts';

export type { MarketSnapshot } from '../../platform/files/snapshot-file.ts';

/** Supply of a mint whose account the file does not hold: nothing that is traded reads it. */
const ASSUMED_SUPPLY = 10n ** 18n;

/**
 * The market of a snapshot file: every pool whose venue is built and whose accounts load and trade; the others are
 * in `skipped` with the reason. Mints that the file lacks are made up from what the pools say of them.
 */
export function createSnapshotMarket(snapshot: MarketSnapshot): SimMarket {
  const { clock } = snapshot;
  const held = new Map(snapshot.accounts.map(({ address, account }) => [address, account]));
  const source: AccountSource = (address) => held.get(address);
  const pools: MarketPool[] = [];
  const skipped: SkippedPool[] = [];
  const states: PoolState[] = [];
  const pairs: QuotedPair[] = [];

  for (const { venue: id, address } of snapshot.pools) {
    const skip = (reason: string): void => {
      skipped.push({ pool: address, venue: id, reason });
    };
    const venue = venueById(id);
    if (venue === undefined) {
      skip('venue-not-built');
      continue;
    }
    const loaded = loadLocally(venue, address, source);
    if (!loaded.ok) {
      skip('missing' in loaded ? `missing-account: ${loaded.missing.join(', ')}` : refusalText(loaded));
      continue;
    }
    const { state } = loaded;
    const price = poolPrice(venue, state, clock);
    if (price === undefined) {
      skip('no-price: it cannot trade in one of its directions');
      continue;
    }
    pools.push({ venue: id, address });
    states.push(state);
    pairs.push({
      mintA: state.mintA,
      mintB: state.mintB,
      logPrice: price.mid + (state.decimalsA - state.decimalsB) * Math.LN10,
    });
  }

  const prices = pricesFromPools(pairs);
  const mints = new Map<Address, MarketMint>();
  for (const state of states) {
    for (const [mint, decimals, program] of [
      [state.mintA, state.decimalsA, state.tokenProgramA],
      [state.mintB, state.decimalsB, state.tokenProgramB],
    ] as const) {
      mints.set(mint, describeMint(mint, decimals, program, prices.get(mint) ?? 0));
    }
  }
  const missingMints = [...mints.values()].filter((mint) => !held.has(mint.address)).map(mintAccount);
  return {
    clock,
    pools,
    skipped,
    mints: [...mints.values()],
    accounts: [...snapshot.accounts, ...missingMints],
    fairPrice: 'own',
  };
}

function refusalText(refused: { readonly reason: string; readonly detail?: string }): string {
  return refused.detail === undefined ? refused.reason : `${refused.reason}: ${refused.detail}`;
}

function mintAccount(mint: MarketMint): AccountWrite {
  const { tokenProgram, decimals } = mint;
  return { address: mint.address, account: encodeMint({ tokenProgram, decimals, supply: ASSUMED_SUPPLY }) };
}
