import type { Market } from '../../../../shared/market/market.ts';
import type { TokenNames } from '../../../../shared/run/token-names.ts';
import type { MarketFeed } from '../../inputs/market-feed.ts';
import { isFresh } from '../../inputs/pool-freshness.ts';
import type { FeedView } from '../view/view.ts';

/** The feed as the page shows it. */
export function feedView(
  { stream, blockhash, wallet }: MarketFeed,
  market: Market,
  names: TokenNames,
): FeedView {
  const status = stream.status();
  const pools = market.pools.filter((pool) => pool.status !== 'removed');
  return {
    live: status.state === 'live',
    reason: status.state === 'live' && status.shortfall !== '' ? status.shortfall : status.reason,
    accounts: status.accounts,
    confirmed: status.confirmed,
    pools: pools.length,
    freshPools: pools.filter((pool) => isFresh(pool, stream)).length,
    losses: status.losses,
    forks: status.forks,
    duplicates: status.duplicates,
    conflated: status.conflated,
    recoveries: status.recoveries,
    lastRecoveryMs: status.lastRecoveryMs,
    blockhashAgeSlots: blockhash.status().ageSlots,
    connections: status.connections.map(
      ({ name, provider, state, reason, accounts, lagMs, reconnects, lastSlot }) => ({
        name,
        provider,
        state,
        reason: state === 'live' ? '' : reason,
        accounts,
        lagMs,
        reconnects,
        lastSlot,
      }),
    ),
    quarantined: status.quarantined.map(({ endpoint, reason, untilMs }) => ({ endpoint, reason, untilMs })),
    wallet: wallet.balances().map(({ wallet: owner, mint, amount, confirmed }) => ({
      wallet: owner,
      symbol: mint === undefined ? 'lamports' : names.of(mint).symbol,
      decimals: mint === undefined ? 0 : names.of(mint).decimals,
      amount: String(amount),
      confirmed,
    })),
  };
}
