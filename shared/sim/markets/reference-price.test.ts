import { describe, expect, it } from 'vitest';
import { createRandom } from '../../core/random.ts';
import { BUILTIN_MINTS } from './builtin-specs.ts';
import { createReferencePrices } from './reference-price.ts';

const bySymbol = (symbol: string) => BUILTIN_MINTS.find((mint) => mint.symbol === symbol)!.address;

function walk(seed: string, slots: number): number[] {
  const reference = createReferencePrices({ mints: BUILTIN_MINTS, random: createRandom(seed) });
  const drifts: number[] = [];
  for (let slot = 0; slot < slots; slot++) {
    reference.step(1);
    drifts.push(reference.drift(bySymbol('SOL')));
  }
  return drifts;
}

describe('reference prices', () => {
  it('walk the same for the same seed and otherwise for another', () => {
    expect(walk('a', 300)).toEqual(walk('a', 300));
    expect(walk('b', 300)).not.toEqual(walk('a', 300));
  });

  it('move by about a basis point a slot, and by several in a burst', () => {
    const drifts = walk('steps', 20_000);
    const steps = drifts.slice(1).map((drift, i) => Math.abs(drift - drifts[i]!) * 1e4);
    steps.sort((a, b) => a - b);
    expect(steps[steps.length >> 1]).toBeGreaterThan(0.3);
    expect(steps[steps.length >> 1]).toBeLessThan(1.2);
    expect(steps.at(-1)).toBeGreaterThan(5);
    expect(steps.at(-1)).toBeLessThan(60);
  });

  it('never leave a few percent of where they started', () => {
    for (const seed of ['x', 'y', 'z']) {
      expect(Math.max(...walk(seed, 50_000).map(Math.abs))).toBeLessThanOrEqual(0.03);
    }
  });

  it('keep a dollar a dollar and staked SOL beside SOL', () => {
    const reference = createReferencePrices({ mints: BUILTIN_MINTS, random: createRandom('pegs') });
    let dollar = 0;
    let staked = 0;
    for (let slot = 0; slot < 20_000; slot++) {
      reference.step(1);
      dollar = Math.max(dollar, Math.abs(reference.drift(bySymbol('USDC'))));
      staked = Math.max(
        staked,
        Math.abs(reference.drift(bySymbol('JitoSOL')) - reference.drift(bySymbol('SOL'))),
      );
    }
    expect(dollar).toBeGreaterThan(0);
    expect(dollar).toBeLessThanOrEqual(0.0012);
    expect(staked).toBeGreaterThan(0);
    expect(staked).toBeLessThanOrEqual(0.001501);
    expect(reference.priceUsd(bySymbol('SOL'))).toBeCloseTo(
      142.35 * Math.exp(reference.drift(bySymbol('SOL'))),
      9,
    );
  });
});
