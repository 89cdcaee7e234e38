import { describe, expect, it } from 'vitest';
import { createRandom } from '../../core/random.ts';
import { createMarket } from '../../market/market.ts';
import { createPoolEntry } from '../../market/pool-entry.ts';
import { CONTRACT_CLOCK, contractCases, contractPool } from '../../venues/contract.ts';
import { VENUES } from '../../venues/registry.ts';
import { refine, respond, sampleTradeCurve, slopeAfter, type TradeCurve } from './trade-curve.ts';

/** Both directions of every contract pool of a venue that trades at all. */
function curvesOf(id: string): readonly TradeCurve[] {
  const venue = VENUES.find((one) => one.id === id)!;
  return contractCases(venue).flatMap((one) => {
    const { address, state } = contractPool(venue, one);
    const pool = createPoolEntry(0, venue, address);
    pool.state = state;
    return [true, false].flatMap((aToB) => {
      const curve = sampleTradeCurve({
        pool,
        aToB,
        clock: CONTRACT_CLOCK,
        ceiling: Number.POSITIVE_INFINITY,
      });
      return curve === undefined ? [] : [curve];
    });
  });
}

describe.each(VENUES.map(({ id }) => id))('the trade curves of %s', (id) => {
  const curves = curvesOf(id);

  it('are concave', () => {
    expect(curves.length).toBeGreaterThan(8);
    for (const curve of curves) {
      for (let corner = 1; corner + 1 < curve.ins.length; corner++) {
        // In units over the stretch: where a curve is flat, floats have few digits left for its slope.
        const bend = slopeAfter(curve, corner) - slopeAfter(curve, corner - 1);
        const units = bend * (curve.ins[corner + 1]! - curve.ins[corner]!);
        expect(units).toBeLessThan(1e-3 + curve.outs[corner]! * 1e-9);
      }
    }
  });

  it('bound what any trade leaves at a price, coarse or refined', () => {
    const random = createRandom(`curves ${id}`);
    for (const curve of curves) {
      const { pool, aToB, clock } = curve;
      for (let round = 0; round < 24; round++) {
        // From far inside the curve to just under its steepest.
        const price = curve.firstSlope * (1 - 0.3 * random.next() ** 3);
        const response = round % 2 === 0 ? respond(curve, price) : refine(curve, price, 0, 12);
        const best = curve.ins[response.corner]!;
        for (let i = 0; i < 12; i++) {
          const size = Math.max(1, best) * Math.exp(random.normal() * (i % 2 === 0 ? 0.05 : 1.5));
          const quote = pool.venue.quote(
            pool.state!,
            aToB,
            BigInt(Math.min(1.8e19, Math.round(size))),
            clock,
          );
          if (!quote.ok) continue;
          const left = Number(quote.amountOut) - price * Number(quote.consumedIn);
          expect(left).toBeLessThanOrEqual(response.bound * (1 + 1e-9));
        }
      }
    }
  });

  it('come to a bound that the pool reaches, once refined', () => {
    for (const curve of curves) {
      const price = curve.firstSlope * 0.97;
      const { value, bound } = refine(curve, price, 0, 60);
      if (value < 1e6) continue;
      expect((bound - value) / value).toBeLessThan(1e-3);
    }
  });
});

describe('a trade curve', () => {
  it('is none for a pool that is not loaded', () => {
    const market = createMarket();
    const pool = market.addPool(VENUES[0]!, contractPool(VENUES[0]!, contractCases(VENUES[0]!)[0]!).address);
    expect(sampleTradeCurve({ pool, aToB: true, clock: CONTRACT_CLOCK, ceiling: 1e9 })).toBeUndefined();
  });
});
