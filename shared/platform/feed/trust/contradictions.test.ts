import { describe, expect, it } from 'vitest';
import type { AccountBytes } from '../../../core/account.ts';
import { SYSTEM_PROGRAM, TOKEN_PROGRAM, WSOL_MINT } from '../../../core/address.ts';
import { HTTP_VOICE } from '../witness/chain-position.ts';
import { type Claim, Contradictions } from './contradictions.ts';

const [X, Y, Z] = [1, 2, 3].map((n) => held(n)) as [AccountBytes, AccountBytes, AccountBytes];

function held(n: number, owner = TOKEN_PROGRAM): AccountBytes {
  return { owner, lamports: 1n, data: new Uint8Array(40).fill(n) };
}

/** What comes of the claims when the account is fetched so often. */
function settle(
  claims: readonly Claim[],
  fetches: readonly (readonly [slot: number, account: AccountBytes | null])[],
) {
  const contradictions = new Contradictions();
  contradictions.raise(WSOL_MINT, claims);
  return fetches.map(([slot, account]) => contradictions.settle(WSOL_MINT, slot, account)).at(-1)!;
}

const says = (endpoint: string, slot: number, account: AccountBytes): Claim => ({ endpoint, slot, account });
const silent = (endpoint: string, slot: number, account: AccountBytes): Claim => ({
  endpoint,
  slot,
  account,
  silent: true,
});

describe('of two endpoints that differ', () => {
  it('the one is wrong that another contradicts of the same slot, and the chain with it', () => {
    const claims = [says('a', 12, X), says('b', 12, Y)];
    expect(settle(claims, [[12, X]]).wrong).toMatchObject({ endpoint: 'b' });
    expect(settle(claims, [[13, X]]).wrong).toMatchObject({ endpoint: 'b' });
    expect(settle(claims, [[13, Y]]).wrong).toMatchObject({ endpoint: 'a' });
  });

  it('the one that was silent has missed it', () => {
    const claims = [says('a', 12, Y), silent('b', 12, X)];
    expect(settle(claims, [[12, Y]]).wrong).toMatchObject({ endpoint: 'b', silent: true });
    expect(settle(claims, [[12, X]]).wrong).toMatchObject({ endpoint: 'a' });
  });

  it('neither is wrong where the account may have changed, and changed back, since', () => {
    // At 10 it was X, at 12 it became Y, which b did not tell; at 13 it is X again.
    const claims = [says('a', 10, X), says('a', 12, Y), silent('b', 12, X)];
    expect(settle(claims, [[13, X]])).toEqual({ again: false, wrong: undefined });
    // Reads of two slots, compared as if of one.
    expect(settle([says('a', 12, Y), says('b', 11, X)], [[13, X]]).wrong).toBeUndefined();
    expect(settle([says('a', 12, Y), says(HTTP_VOICE, 11, X)], [[13, X]]).wrong).toBeUndefined();
    expect(
      settle(
        [says('a', 12, X), says('b', 12, Y)],
        [
          [13, Z],
          [13, Z],
        ],
      ).wrong,
    ).toBeUndefined();
  });

  it('nobody stands for what was said over HTTP', () => {
    const claims = [says(HTTP_VOICE, 12, Y), says('a', 12, X)];
    expect(settle(claims, [[12, X]]).wrong).toBeUndefined();
    // Nor is HTTP, which may lie as well, a witness of what was later.
    expect(settle(claims, [[13, Y]]).wrong).toBeUndefined();
  });

  it('neither is wrong of a slot that the chain has left', () => {
    const contradictions = new Contradictions();
    contradictions.raise(WSOL_MINT, [says('a', 12, X), says('b', 12, Y), says('b', 11, Z)]);
    contradictions.leave(new Set([12]));
    expect(contradictions.settle(WSOL_MINT, 13, Z)).toEqual({ again: false, wrong: undefined });
  });

  it('one that names another owner is wrong where the account had and has its own, and not where it has changed hands', () => {
    const [before, after] = [held(1, SYSTEM_PROGRAM), held(2, TOKEN_PROGRAM)];
    const liar = [says('a', 10, before), says('b', 12, after)];
    expect(settle(liar, [[13, before]]).wrong).toMatchObject({ endpoint: 'b' });
    // An account that was paid into before its program took it.
    expect(settle(liar, [[13, after]]).wrong).toBeUndefined();
  });
});
