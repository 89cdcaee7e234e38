import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, nearest } from './nearest.ts';

describe('the edit distance', () => {
  it('counts insertions, deletions, substitutions and swapped neighbours as one each', () => {
    expect(editDistance('abc', 'abc')).toBe(0);
    expect(editDistance('abc', 'abxc')).toBe(1);
    expect(editDistance('abc', 'ac')).toBe(1);
    expect(editDistance('abc', 'axc')).toBe(1);
    expect(editDistance('abc', 'bac')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
  });

  it('is the same both ways, 0 only for equal words, and never more than the longer one', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        const distance = editDistance(a, b);
        expect(distance).toBe(editDistance(b, a));
        expect(distance === 0).toBe(a === b);
        expect(distance).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe('the nearest name', () => {
  const KEYS = ['risk.maxPending', 'risk.maxSlotLag', 'server.port', 'mode', 'market'];

  it('finds typing errors, other spellings and the last part of a path', () => {
    expect(nearest('risk.maxPendng', KEYS)).toBe('risk.maxPending');
    expect(nearest('RISK_MAX_SLOT_LAG', KEYS)).toBe('risk.maxSlotLag');
    expect(nearest('port', KEYS)).toBe('server.port');
    expect(nearest('moed', KEYS)).toBe('mode');
  });

  it('suggests nothing where nothing is near', () => {
    expect(nearest('colour', KEYS)).toBeUndefined();
    expect(nearest('', KEYS)).toBeUndefined();
    expect(nearest('x', ['y'])).toBeUndefined();
    expect(didYouMean('colour', KEYS)).toBe('');
    expect(didYouMean('prot', ['port'], '--')).toBe('; did you mean --port?');
  });
});
