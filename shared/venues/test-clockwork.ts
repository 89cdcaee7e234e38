import type { ChainClock } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import type { DammV1State } from './meteora-damm-v1/state.ts';
import type { BaseFee } from './meteora-damm-v2/base-fee.ts';
import { type DammV2State, refresh as refreshDammV2 } from './meteora-damm-v2/state.ts';
import type { DlmmState } from './meteora-dlmm/state.ts';
import type { WhirlpoolState } from './orca-whirlpool/state.ts';
import type { BookSide } from './phoenix-v1/book.ts';
import type { PhoenixState } from './phoenix-v1/state.ts';
import type { AmmV4State } from './raydium-amm-v4/state.ts';
import type { ClmmState } from './raydium-clmm/state.ts';
import { type CpmmState, refresh as refreshCpmm } from './raydium-cpmm/state.ts';
import type { MintFacts } from './token/token.ts';
import type { PoolState } from './venue.ts';

/** Winds up what the clock moves in a pool: openings, schedules, expiries, transfer fees of an epoch to come. */
export function windUp(venue: string, state: PoolState, clock: ChainClock, random: Random): void {
  const soon = (from: number): number => from - 20 + random.below(60);
  switch (venue) {
    case 'meteora-damm-v1': {
      const { sideA } = state as DammV1State;
      sideA.figures = {
        ...sideA.figures,
        lockedProfit: sideA.figures.totalAmount / BigInt(10 + random.below(1_000)),
        degradation: BigInt(10 ** (8 + random.below(3))),
        lastReport: BigInt(clock.unixTimestamp - random.below(40)),
      };
      (state as DammV1State).moment = undefined;
      return;
    }
    case 'meteora-damm-v2': {
      const pool = state as DammV2State;
      const byTimestamp = random.below(2) === 0;
      const now = byTimestamp ? clock.unixTimestamp : clock.slot;
      const activationPoint = random.below(5) === 0 ? now + random.below(50) : now - random.below(500);
      const baseFee = baseFeeOf(random);
      pool.figures = { ...pool.figures, byTimestamp, activationPoint, baseFee };
      pool.mintFactsA = withFeeToCome(pool.mintFactsA, clock);
      refreshDammV2(pool);
      return;
    }
    case 'meteora-dlmm': {
      const pool = state as DlmmState;
      pool.activationType = random.below(2);
      pool.activationPoint = BigInt(soon(pool.activationType === 0 ? clock.slot : clock.unixTimestamp));
      pool.mintFactsB = withFeeToCome(pool.mintFactsB, clock);
      return;
    }
    case 'orca-whirlpool': {
      const pool = state as WhirlpoolState;
      if (random.below(2) === 0) pool.rewardTimestamp = soon(clock.unixTimestamp);
      pool.mintFactsA = withFeeToCome(pool.mintFactsA, clock);
      return;
    }
    case 'phoenix-v1': {
      const book = state as PhoenixState;
      book.bids = expireSome(book.bids, clock, random);
      book.asks = expireSome(book.asks, clock, random);
      return;
    }
    case 'raydium-amm-v4': {
      const pool = state as AmmV4State;
      const opensAt = soon(clock.unixTimestamp);
      pool.sideAToB = { ...pool.sideAToB, opensAt };
      pool.sideBToA = { ...pool.sideBToA, opensAt };
      return;
    }
    case 'raydium-clmm': {
      const pool = state as ClmmState;
      pool.openTime = soon(clock.unixTimestamp);
      pool.mintFactsB = withFeeToCome(pool.mintFactsB, clock);
      return;
    }
    case 'raydium-cpmm': {
      const pool = state as CpmmState;
      pool.figures = { ...pool.figures, openTime: soon(clock.unixTimestamp) };
      if (pool.mintFactsA !== undefined) pool.mintFactsA = withFeeToCome(pool.mintFactsA, clock);
      refreshCpmm(pool);
    }
  }
}

function withFeeToCome(mint: MintFacts, { epoch }: ChainClock): MintFacts {
  const older = { epoch: 0, feeBps: 10n, maximumFee: 10n ** 18n };
  return { ...mint, transferFee: { older, newer: { ...older, epoch: epoch + 1, feeBps: 200n } } };
}

function baseFeeOf(random: Random): BaseFee {
  const schedule = {
    cliff: 300_000_000n,
    exponential: random.below(2) === 0,
    periods: 1 + random.below(40),
    reduction: 100n,
    memo: { period: -1, numerator: 300_000_000n },
  };
  switch (random.below(3)) {
    case 0:
      return { ...schedule, kind: 'time', frequency: 1 + random.below(30) };
    case 1:
      return { ...schedule, kind: 'market-cap', sqrtPriceStepBps: 10n, expiration: random.below(600) };
    default:
      return {
        kind: 'rate-limiter',
        cliff: 10_000_000n,
        active: true,
        incrementBps: 100,
        maxFeeBps: 5_000,
        duration: random.below(600),
        referenceAmount: 1_000_000n,
      };
  }
}

function expireSome(side: BookSide, clock: ChainClock, random: Random): BookSide {
  for (let at = 0; at < side.count; at++) {
    if (random.below(3) === 0) side.lastSlot[at] = clock.slot - 5 + random.below(30);
    if (random.below(3) === 0) side.lastTime[at] = clock.unixTimestamp - 5 + random.below(30);
  }
  return { ...side, expires: true };
}
