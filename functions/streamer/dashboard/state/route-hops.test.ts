import { describe, expect, it } from 'vitest';
import { type Address, USDC_MINT, WSOL_MINT } from '../../../../shared/core/address.ts';
import type { Leg } from '../../../../shared/routing/opportunity.ts';
import { hopMints, hopShares } from './route-hops.ts';

const RAY = 'RAY' as Address;
const pool = (hop: number, venue: string, mintIn: Address, mintOut: Address, amountIn: bigint): Leg => ({
  hop,
  venue,
  pool: venue as Address,
  aToB: true,
  mintIn,
  mintOut,
  amountIn,
  amountOut: 1n,
});
const LEGS = [
  pool(0, 'orca-whirlpool', WSOL_MINT, USDC_MINT, 667n),
  pool(0, 'raydium-cpmm', WSOL_MINT, USDC_MINT, 333n),
  pool(1, 'meteora-dlmm', USDC_MINT, RAY, 70n),
  pool(2, 'raydium-clmm', RAY, WSOL_MINT, 1n),
];

describe('a route for people', () => {
  it('has each mint once, however many pools a hop is split over', () => {
    expect(hopMints({ startMint: WSOL_MINT, legs: LEGS })).toEqual([WSOL_MINT, USDC_MINT, RAY, WSOL_MINT]);
  });

  it('tells the pools of a split hop together, with shares that come to 100', () => {
    expect(hopShares(LEGS)).toEqual([
      [
        { venue: 'orca-whirlpool', percent: 67 },
        { venue: 'raydium-cpmm', percent: 33 },
      ],
      [{ venue: 'meteora-dlmm', percent: 100 }],
      [{ venue: 'raydium-clmm', percent: 100 }],
    ]);
    const thin = [pool(0, 'a', WSOL_MINT, USDC_MINT, 10n ** 18n), pool(0, 'b', WSOL_MINT, USDC_MINT, 1n)];
    expect(hopShares(thin)[0]!.map(({ percent }) => percent)).toEqual([99, 1]);
  });
});
