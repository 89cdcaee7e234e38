import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBank } from '../sim/bank.ts';
import { localBuild } from '../sim/local-rules.ts';
import { deployProgram } from '../sim/program-accounts.ts';
import { CONTRACT_CLOCK, chainOf, contractCases, contractPool, vaultAmount } from './contract.ts';
import { newestRules, provenRules } from './program-rules.ts';
import { rulesOfPrograms } from './program-rules-of.ts';
import { VENUES, venueById } from './registry.ts';
import type { PoolState, Quote } from './venue.ts';

const RULED = VENUES.flatMap((venue) =>
  venue.programRules === undefined ? [] : [[venue.id, venue, venue.programRules] as const],
);

function text(quote: Quote): string {
  return quote.ok ? String(quote.amountOut) : 'fails';
}

describe.each(RULED)('%s', (id, venue, { sets, proven }) => {
  const cases = contractCases(venue);
  const load = (at: number, rules?: string): PoolState => {
    const { address, accounts } = contractPool(venue, cases[at]!);
    const loaded = venue.load(address, chainOf(accounts), rules);
    if (!loaded.ok) throw new Error(loaded.reason);
    return loaded.state;
  };

  test('quotes what all rule sets pay where nobody knows the program, and refuses what they differ on', () => {
    let agreed = 0;
    let refused = 0;
    cases.forEach((contractCase, at) => {
      const unknown = load(at);
      const known = sets.map((set) => load(at, set));
      const held = vaultAmount(contractPool(venue, contractCase).accounts, unknown.vaultA);
      fc.assert(
        fc.property(fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }), (aToB, size) => {
          const amountIn = BigInt(Math.floor(Number(held) ** size)) + 1n;
          const answers = known.map((state) => text(venue.quote(state, aToB, amountIn, CONTRACT_CLOCK)));
          const quote = venue.quote(unknown, aToB, amountIn, CONTRACT_CLOCK);
          if (new Set(answers).size === 1) {
            expect(text(quote)).toBe(answers[0]);
            agreed += 1;
          } else {
            expect(quote).toMatchObject({ ok: false, reason: 'program-unproven' });
            refused += 1;
          }
          expect(venue.settle(unknown, aToB, amountIn, CONTRACT_CLOCK).ok).toBe(quote.ok);
        }),
        { numRuns: 120 },
      );
    });
    expect(agreed).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
  });

  test('quotes a second swap after an unknown program as every rule set would, or not at all', () => {
    cases.forEach((_, at) => {
      const unknown = load(at);
      for (const amountIn of [3n, 77n, 1_000n, 1_000_003n, 10_000_000_019n]) {
        const first = venue.settle(unknown, true, amountIn, CONTRACT_CLOCK);
        if (!first.ok) continue;
        for (const aToB of [true, false]) {
          const second = venue.quote(first.state, aToB, amountIn, CONTRACT_CLOCK);
          if (!second.ok) continue;
          for (const set of sets) {
            const settled = venue.settle(load(at, set), true, amountIn, CONTRACT_CLOCK);
            if (!settled.ok) throw new Error(settled.reason);
            const known = venue.quote(settled.state, aToB, amountIn, CONTRACT_CLOCK);
            expect(text(known)).toBe(text(second));
            // Of several programs the dearest one counts.
            expect(known.ok && known.computeUnits <= second.computeUnits).toBe(true);
          }
        }
      }
    });
  });

  test('names sets only that it has, by hashes that are hashes', () => {
    for (const [hash, set] of Object.entries(proven)) {
      expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect(sets).toContain(set);
    }
    expect(provenRules(venue.programRules, 'ab'.repeat(32))).toBeUndefined();
    expect(provenRules(venue.programRules, 'constructor')).toBeUndefined();
  });

  test('is run on the local chain by its newest rules, which the binary there is known to follow', () => {
    const bank = createBank({ startSlot: 1, startUnixTimestamp: 1 });
    deployProgram(bank, venue.programId, localBuild(venue));
    const binary = Buffer.from(`\x7fELF${localBuild(venue)}`, 'latin1');
    const sha256 = createHash('sha256').update(binary).digest('hex');
    expect(rulesOfPrograms([{ programId: venue.programId, sha256 }]).get(id)).toBe(
      newestRules(venue.programRules),
    );
  });
});

test('AMM v4 charges the smallest swap nothing or one unit, by the version', () => {
  const venue = venueById('raydium-amm-v4')!;
  const { address, accounts } = contractPool(venue, contractCases(venue)[0]!);
  const feeOf = (rules: string | undefined) => {
    const loaded = venue.load(address, chainOf(accounts), rules);
    if (!loaded.ok) throw new Error(loaded.reason);
    const rich = [...Array(400).keys()].map((i) =>
      venue.quote(loaded.state, true, BigInt(i + 1), CONTRACT_CLOCK),
    );
    return rich.map(text);
  };
  const nearest = feeOf('fee-to-nearest');
  const up = feeOf('fee-up');
  expect(feeOf('vaults-only')).toEqual(up);
  const differ = nearest.flatMap((out, i) => (out === up[i] ? [] : [i + 1]));
  expect(differ.length).toBeGreaterThan(0);
  // A fee of 25 in 10,000 reaches half a unit at an input of 200.
  expect(Math.max(...differ)).toBeLessThan(200);
});
