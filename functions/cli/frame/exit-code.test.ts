import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ArbError } from '../../../shared/core/errors.ts';
import { EXIT, exitCodeOf } from './exit-code.ts';

describe('the exit code', () => {
  it.each([
    ['usage-unknown-flag', EXIT.usage],
    ['config-bad-value', EXIT.usage],
    ['store-corrupt', EXIT.environment],
    ['port-in-use', EXIT.environment],
    ['rpc-unreachable', EXIT.environment],
    ['snapshot-unreadable', EXIT.environment],
    ['order-forged', EXIT.internal],
    ['intents-unusable', EXIT.environment],
    ['api-unreachable', EXIT.environment],
    ['feed-redundancy', EXIT.usage],
  ] as const)('of an ArbError %s is %d', (code, exit) => {
    expect(exitCodeOf(new ArbError(code, 'sentence'))).toBe(exit);
  });

  it('of a failed system call is 3, and of anything else 70', () => {
    let failed: unknown;
    try {
      readFileSync('/nowhere/at/all');
    } catch (error) {
      failed = error;
    }
    expect(exitCodeOf(failed)).toBe(3);
    expect(exitCodeOf(new TypeError('x is not a function'))).toBe(70);
    expect(exitCodeOf('a thrown string')).toBe(70);
  });
});
