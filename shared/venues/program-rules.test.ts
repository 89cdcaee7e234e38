import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TOKEN_PROGRAM, USDC_MINT, WSOL_MINT } from '../core/address.ts';
import { createBank } from '../sim/chain/bank.ts';
import { localBuild } from '../sim/chain/local-rules.ts';
import { deployProgram } from '../sim/chain/program-accounts.ts';
import { CONTRACT_CLOCK, chainOf, contractCases, contractPool, vaultAmount } from './contract.ts';
import { localHalf } from './local-registry.ts';
import { newestRules, provenRules } from './program-rules.ts';
import { rulesOfPrograms } from './program-rules-of.ts';
import { VENUES, venueById } from './registry.ts';
import { encodeMint } from './token/token.ts';
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

/** Executed in LiteSVM by the binary of before dynamic fees and limit orders (sha256 e7c743d8…7505f). */
const CLMM_BEFORE = [
  [true, 39_946_071_348n, 5_670_517_836n],
  [true, 75_897_535_561n, 10_771_267_099n],
  [true, 144_205_317_565n, 20_455_607_046n],
  [true, 520_581_196_410n, 73_650_406_003n],
  [false, 75_897_535_561n, 529_860_026_112n],
] as const;

test('CLMM charges no dynamic fee by the binary that knows none, and nothing at all is quoted by an unknown one', () => {
  const venue = venueById('raydium-clmm')!;
  const mint = (decimals: number) =>
    encodeMint({ tokenProgram: TOKEN_PROGRAM, decimals, supply: 10n ** 18n });
  const { address, accounts } = localHalf(venue).synthesize({
    seed: 'x/1',
    mintA: WSOL_MINT,
    mintB: USDC_MINT,
    decimalsA: 9,
    decimalsB: 6,
    price: 142.35,
    depthA: 5_000,
    feeBps: 25,
    variant: 1,
  });
  const held = new Map([
    [WSOL_MINT, mint(9)],
    [USDC_MINT, mint(6)],
    ...accounts.map(({ address: of, account }) => [of, account] as const),
  ]);
  const poolBy = (rules: string | undefined): PoolState => {
    const loaded = venue.load(address, (of) => held.get(of) ?? null, rules);
    if (!loaded.ok) throw new Error(loaded.reason);
    return loaded.state;
  };
  const programs = [
    {
      programId: venue.programId,
      sha256: 'e7c743d885e55ef880493144974638088b6bc8a33f05c2fa063914c39f7c505f',
    },
  ];
  const proven = poolBy(rulesOfPrograms(programs).get(venue.id));
  for (const [aToB, amountIn, amountOut] of CLMM_BEFORE) {
    expect(venue.quote(proven, aToB, amountIn, CONTRACT_CLOCK)).toMatchObject({ ok: true, amountOut });
    const now = venue.quote(poolBy('dynamic-fee'), aToB, amountIn, CONTRACT_CLOCK);
    expect(now.ok && now.amountOut).toBeLessThan(amountOut);
    expect(venue.quote(poolBy(undefined), aToB, amountIn, CONTRACT_CLOCK)).toMatchObject({
      ok: false,
      reason: 'program-unproven',
    });
  }
});
