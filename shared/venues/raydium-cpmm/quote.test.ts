import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountBytes } from '../../core/account.ts';
import { type Address, addressAt, TOKEN_2022_PROGRAM, TOKEN_PROGRAM } from '../../core/address.ts';
import type { ChainClock } from '../../core/clock.ts';
import { U64_MAX } from '../../core/units.ts';
import { encodeMint, encodeTokenAccount } from '../token/token.ts';
import type { TransferFeeConfig } from '../token/token-extensions.ts';
import { raydiumCpmm } from './index.ts';
import type { CpmmConfig, CpmmPoolFigures } from './layout.ts';
import { encodeConfig, encodePool } from './local/encode.ts';
import { CPMM_AUTHORITY, CPMM_PROGRAM } from './program.ts';
import type { CpmmState } from './state.ts';

const CLOCK: ChainClock = { slot: 10, unixTimestamp: 1_000, epoch: 5 };
const key = (byte: number): Address => addressAt(new Uint8Array(32).fill(byte));
const [POOL, CONFIG, VAULT_0, VAULT_1, MINT_0, MINT_1] = [
  key(1),
  key(2),
  key(3),
  key(4),
  key(5),
  key(6),
] as const;

const RATES: CpmmConfig = {
  tradeFeeRate: 2_500n,
  protocolFeeRate: 120_000n,
  fundFeeRate: 40_000n,
  creatorFeeRate: 500n,
};
const FIGURES: CpmmPoolFigures = {
  status: 0,
  lpSupply: 1n,
  protocolFees0: 100n,
  protocolFees1: 200n,
  fundFees0: 10n,
  fundFees1: 20n,
  creatorFees0: 1n,
  creatorFees1: 2n,
  openTime: 1_000,
  recentEpoch: 1n,
  creatorFeeOn: 0,
  creatorFeeEnabled: false,
};

interface Setup {
  readonly rates?: Partial<CpmmConfig>;
  readonly figures?: Partial<CpmmPoolFigures>;
  /** Before the fees owed are added to the vaults. */
  readonly reserve0?: bigint;
  readonly reserve1?: bigint;
  readonly fee0?: TransferFeeConfig | undefined;
  readonly fee1?: TransferFeeConfig | undefined;
}

function accountsOf(setup: Setup): Map<Address, AccountBytes> {
  const figures = { ...FIGURES, ...setup.figures };
  const program = (fee: TransferFeeConfig | undefined) =>
    fee === undefined ? TOKEN_PROGRAM : TOKEN_2022_PROGRAM;
  const [program0, program1] = [program(setup.fee0), program(setup.fee1)];
  const ours = (data: Uint8Array): AccountBytes => ({ owner: CPMM_PROGRAM, lamports: 1n, data });
  const vault = (mint: Address, tokenProgram: Address, amount: bigint) =>
    encodeTokenAccount({ mint, owner: CPMM_AUTHORITY, amount, tokenProgram });
  const mint = (tokenProgram: Address, transferFee: TransferFeeConfig | undefined) =>
    encodeMint({ tokenProgram, decimals: 6, supply: U64_MAX, transferFee });
  const keys = {
    config: CONFIG,
    creator: key(20),
    vault0: VAULT_0,
    vault1: VAULT_1,
    lpMint: key(21),
    mint0: MINT_0,
    mint1: MINT_1,
    program0,
    program1,
    observation: key(22),
    authBump: 253,
    lpDecimals: 9,
    decimals0: 6,
    decimals1: 6,
  };
  const owed0 = figures.protocolFees0 + figures.fundFees0 + figures.creatorFees0;
  const owed1 = figures.protocolFees1 + figures.fundFees1 + figures.creatorFees1;
  return new Map([
    [POOL, ours(encodePool(keys, figures))],
    [CONFIG, ours(encodeConfig({ ...RATES, ...setup.rates }, 255, 0, key(23)))],
    [VAULT_0, vault(MINT_0, program0, (setup.reserve0 ?? 1_000_000n) + owed0)],
    [VAULT_1, vault(MINT_1, program1, (setup.reserve1 ?? 2_000_000n) + owed1)],
    [MINT_0, mint(program0, setup.fee0)],
    [MINT_1, mint(program1, setup.fee1)],
  ]);
}

function stateOf(setup: Setup = {}): CpmmState {
  const accounts = accountsOf(setup);
  const loaded = raydiumCpmm.load(POOL, (address) => accounts.get(address), 'creator-fee');
  if (!loaded.ok) throw new Error(JSON.stringify(loaded));
  return loaded.state;
}

function paid(setup: Setup, aToB: boolean, amountIn: bigint, clock = CLOCK): bigint | string {
  const quote = raydiumCpmm.quote(stateOf(setup), aToB, amountIn, clock);
  return quote.ok ? quote.amountOut : quote.reason;
}

const creator = (creatorFeeOn: number) => ({ figures: { creatorFeeEnabled: true, creatorFeeOn } });
const flat = (feeBps: bigint, maximumFee = U64_MAX): TransferFeeConfig => {
  const fee = { epoch: 0, maximumFee, feeBps };
  return { older: fee, newer: fee };
};

// 10,000 into 1,000,000 for 2,000,000, worked out by hand from the program's formulas.
describe('10,000 units in', () => {
  test('pay 0.25% rounded up and get the curve’s floor', () => {
    expect(paid({}, true, 10_000n)).toBe(19_752n); // fee 25; 9,975 × 2,000,000 / 1,009,975
    expect(paid({}, false, 10_000n)).toBe(4_962n); // 9,975 × 1,000,000 / 2,009,975
    expect(paid({}, true, 10_001n)).toBe(19_752n); // fee 25.0025, up to 26
  });

  test('pay the creator’s 0.05% on the way in when it is taken from either token', () => {
    expect(paid(creator(0), true, 10_000n)).toBe(19_743n); // fee 30
    expect(paid(creator(0), false, 10_000n)).toBe(4_960n);
  });

  test('pay it on the way out, rounded up, when it is taken only in the other token', () => {
    expect(paid(creator(2), true, 10_000n)).toBe(19_742n); // 19,752 less 9.876, up to 10
    expect(paid(creator(2), false, 10_000n)).toBe(4_960n);
    expect(paid(creator(1), true, 10_000n)).toBe(19_743n);
    expect(paid(creator(1), false, 10_000n)).toBe(4_959n); // 4,962 less 2.481, up to 3
  });

  test('pay no creator fee where the pool does not enable it, whatever the mode', () => {
    expect(paid({ figures: { creatorFeeOn: 2 } }, true, 10_000n)).toBe(19_752n);
  });

  test('arrive less a transfer fee on the way in', () => {
    expect(paid({ fee0: flat(100n) }, true, 10_000n)).toBe(19_556n); // 9,900 arrive, fee 25 (24.75 up)
    expect(paid({ fee0: flat(100n, 7n) }, true, 10_000n)).toBe(paid({}, true, 9_993n));
  });

  test('come out less a transfer fee on the way out', () => {
    expect(paid({ fee1: flat(100n) }, true, 10_000n)).toBe(19_554n); // 19,752 less 197.52, up to 198
  });

  test('meet the rate of the chain’s epoch', () => {
    const newer = { epoch: 6, maximumFee: U64_MAX, feeBps: 0n };
    const fee0 = { older: flat(100n).older, newer };
    expect(paid({ fee0 }, true, 10_000n)).toBe(19_556n);
    expect(paid({ fee0 }, true, 10_000n, { ...CLOCK, epoch: 6 })).toBe(19_752n);
  });
});

describe('a swap is refused', () => {
  test('when it would pay nothing, as the program’s RequireGtViolated does', () => {
    expect(paid({}, false, 1n)).toBe('amount-too-small');
    expect(paid({}, false, 3n)).toBe('amount-too-small');
    expect(paid({}, false, 4n)).toBe(1n);
    expect(paid({ fee1: flat(10_000n) }, true, 10_000n)).toBe('amount-too-small');
    expect(paid({ fee0: flat(10_000n) }, true, 10_000n)).toBe('amount-too-small');
  });

  test('before the pool opens by the chain’s clock', () => {
    expect(paid({}, true, 10_000n, { ...CLOCK, unixTimestamp: 999 })).toBe('not-open');
    expect(raydiumCpmm.marginalPrice(stateOf(), true, { ...CLOCK, unixTimestamp: 999 })).toBe(0);
  });

  test('under the swap bit of the status, and under no other', () => {
    expect(paid({ figures: { status: 4 } }, true, 10_000n)).toBe('pool-disabled');
    expect(paid({ figures: { status: 7 } }, true, 10_000n)).toBe('pool-disabled');
    expect(paid({ figures: { status: 3 } }, true, 10_000n)).toBe(19_752n);
  });

  test('under a creator fee mode that the program does not know', () => {
    expect(paid({ figures: { creatorFeeOn: 3 } }, true, 10_000n)).toBe('pool-disabled');
  });

  test('where the program would split a fee of rate zero', () => {
    const rates = { tradeFeeRate: 0n };
    expect(paid({ rates }, true, 10_000n)).toBe('pool-disabled');
    expect(paid({ rates, figures: { creatorFeeOn: 2 } }, true, 10_000n)).toBe(19_801n);
  });

  test('when a side is empty or the fees owed exceed its vault', () => {
    expect(paid({ reserve1: 0n }, true, 10_000n)).toBe('no-liquidity');
    expect(paid({ reserve0: -50n }, true, 10_000n)).toBe('no-liquidity');
  });

  test('when the vault could not hold what comes in', () => {
    const room = U64_MAX - 1_000_111n;
    expect(typeof paid({}, true, room)).toBe('bigint');
    expect(paid({}, true, room + 1n)).toBe('amount-overflow');
  });
});

describe('a settled swap', () => {
  test('owes the protocol, the fund and the creator their shares, rounded down', () => {
    const settled = raydiumCpmm.settle(stateOf(creator(0)), true, 10_000n, CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    expect(settled.state.figures).toMatchObject({
      protocolFees0: 103n, // 12% of 25
      fundFees0: 11n, // 4% of 25
      creatorFees0: 6n, // 500/3,000 of 30
      protocolFees1: 200n,
      fundFees1: 20n,
      creatorFees1: 2n,
      recentEpoch: 5n,
    });
  });

  test('owes a creator fee taken on the way out in the token that goes out', () => {
    const settled = raydiumCpmm.settle(stateOf(creator(2)), true, 10_000n, CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    expect(settled.state.figures).toMatchObject({ creatorFees0: 1n, creatorFees1: 12n });
    expect(settled.state.vaultAmountB).toBe(2_000_222n - 19_742n);
  });

  test('moves the vaults by what arrived and what was sent', () => {
    const settled = raydiumCpmm.settle(stateOf({ fee0: flat(100n), fee1: flat(100n) }), true, 10_000n, CLOCK);
    if (!settled.ok) throw new Error(settled.reason);
    expect(settled).toMatchObject({ consumedIn: 10_000n, amountOut: 19_360n, withheldOut: 196n });
    expect(settled.state.vaultAmountA).toBe(1_000_111n + 9_900n);
    expect(settled.state.vaultAmountB).toBe(2_000_222n - 19_556n);
  });

  test('never lowers the product of the reserves and never promises a fee it did not take', () => {
    const amount = fc.bigInt(1n, 10n ** 18n);
    const setup = fc.record({
      reserve0: amount,
      reserve1: amount,
      rates: fc.record({
        tradeFeeRate: fc.bigInt(1n, 500_000n),
        creatorFeeRate: fc.bigInt(0n, 499_999n),
        protocolFeeRate: fc.bigInt(0n, 600_000n),
        fundFeeRate: fc.bigInt(0n, 400_000n),
      }),
      figures: fc.record({ creatorFeeOn: fc.nat(2), creatorFeeEnabled: fc.boolean() }),
      fee0: fc.constantFrom(undefined, flat(30n), flat(777n, 5_000n)),
      fee1: fc.constantFrom(undefined, flat(30n), flat(777n, 5_000n)),
    });
    let settledSwaps = 0;
    fc.assert(
      fc.property(setup, amount, fc.boolean(), (given, amountIn, aToB) => {
        const state = stateOf(given);
        const settled = raydiumCpmm.settle(state, aToB, amountIn, CLOCK);
        if (!settled.ok) return;
        settledSwaps++;
        const [before, after] = aToB
          ? [state.sideAToB, settled.state.sideAToB]
          : [state.sideBToA, settled.state.sideBToA];
        expect(after.reserveIn * after.reserveOut).toBeGreaterThanOrEqual(
          before.reserveIn * before.reserveOut,
        );
        expect(after.reserveIn).toBeGreaterThanOrEqual(before.reserveIn);
        expect(after.reserveOut).toBeLessThanOrEqual(before.reserveOut);
        expect(settled.amountOut).toBeLessThan(before.reserveOut);
      }),
      { numRuns: 500 },
    );
    expect(settledSwaps).toBeGreaterThan(100);
  });
});

describe('a pool from before the creator fee', () => {
  test('reads zeros as no creator fee', () => {
    const accounts = accountsOf({ figures: { creatorFees0: 0n, creatorFees1: 0n } });
    expect(
      accounts
        .get(POOL)
        ?.data.subarray(389, 637)
        .every((byte) => byte === 0),
    ).toBe(true);
    expect(paid({ figures: { creatorFees0: 0n, creatorFees1: 0n } }, true, 10_000n)).toBe(19_752n);
  });
});
