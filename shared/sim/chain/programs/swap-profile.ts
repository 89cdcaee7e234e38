import type { QuoteRefusal } from '../../../venues/venue.ts';

/** An error of a program: its number, name and sentence as the program's own log prints them. */
export interface ProgramError {
  readonly code: number;
  /** Anchor's name; '' for a program without Anchor. */
  readonly name: string;
  /** '' for a program that gives no words. */
  readonly message: string;
}

/** How one venue's program fails. */
export interface SwapProfile {
  /** It would have paid less than the least accepted. */
  readonly slippage: ProgramError;
  readonly refusals: Readonly<Partial<Record<QuoteRefusal, ProgramError>>>;
}

const REQUIRE_GT: ProgramError = {
  code: 2505,
  name: 'RequireGtViolated',
  message: 'A require_gt expression was violated',
};

/** Phoenix ends every order that it does not take with one error, without words. */
const PHOENIX_FAILED: ProgramError = { code: 15, name: '', message: '' };

/** For a venue without a profile of its own, and for refusals that its profile does not list. */
const UNLISTED: ProgramError = {
  code: 2500,
  name: 'RequireViolated',
  message: 'A require expression was violated',
};

/**
 * Sources: the IDLs of damm-v2-sdk and dlmm-sdk, damm-v1-sdk `error.rs`, whirlpool `errors.rs`, cp-swap `error.rs`, and
 * what the proven binaries fail with (slippage of every venue; zero and too small amounts). Anchor's own are below 6000.
 */
const PROFILES: Readonly<Record<string, SwapProfile>> = {
  'meteora-damm-v1': {
    slippage: { code: 6004, name: 'ExceededSlippage', message: 'Exceeded slippage tolerance' },
    refusals: {
      'amount-too-small': {
        code: 6006,
        name: 'ZeroTradingTokens',
        message: 'Given pool token amount results in zero trading tokens',
      },
      'amount-overflow': { code: 6000, name: 'MathOverflow', message: 'Math operation overflow' },
      'no-liquidity': { code: 6005, name: 'InvalidCalculation', message: 'Invalid curve calculation' },
      'pool-disabled': { code: 6015, name: 'PoolDisabled', message: 'Pool disabled' },
      'not-open': { code: 6015, name: 'PoolDisabled', message: 'Pool disabled' },
      'missing-account': {
        code: 6027,
        name: 'InvalidRemainingAccountsLen',
        message: 'Invalid remaining accounts length',
      },
    },
  },
  'meteora-damm-v2': {
    slippage: { code: 6002, name: 'ExceededSlippage', message: 'Exceeded slippage tolerance' },
    refusals: {
      'zero-amount': { code: 6006, name: 'AmountIsZero', message: 'Amount is zero' },
      'amount-too-small': { code: 6006, name: 'AmountIsZero', message: 'Amount is zero' },
      'amount-overflow': { code: 6000, name: 'MathOverflow', message: 'Math operation overflow' },
      'no-liquidity': { code: 6015, name: 'PriceRangeViolation', message: 'Trade is over price range' },
      'pool-disabled': { code: 6003, name: 'PoolDisabled', message: 'Pool disabled' },
      'not-open': { code: 6003, name: 'PoolDisabled', message: 'Pool disabled' },
    },
  },
  'meteora-dlmm': {
    slippage: {
      code: 6003,
      name: 'ExceededAmountSlippageTolerance',
      message: 'Exceeded amount slippage tolerance',
    },
    refusals: {
      'amount-too-small': {
        code: 6039,
        name: 'InsufficientOutAmount',
        message: 'Insufficient amount in for minimum out',
      },
      'amount-overflow': { code: 6018, name: 'MathOverflow', message: 'Math operation overflow' },
      'no-liquidity': {
        code: 6037,
        name: 'CannotFindNonZeroLiquidityBinArrayId',
        message: 'Cannot find non-zero liquidity binArrayId',
      },
      'pool-disabled': { code: 6042, name: 'PoolDisabled', message: 'Pool disabled' },
      'not-open': { code: 6042, name: 'PoolDisabled', message: 'Pool disabled' },
    },
  },
  'orca-whirlpool': {
    slippage: {
      code: 6036,
      name: 'AmountOutBelowMinimum',
      message: 'Amount out below minimum threshold',
    },
    refusals: {
      'zero-amount': {
        code: 6035,
        name: 'ZeroTradableAmount',
        message: 'There are no tradable amount to swap.',
      },
      'amount-too-small': {
        code: 6035,
        name: 'ZeroTradableAmount',
        message: 'There are no tradable amount to swap.',
      },
      'amount-overflow': { code: 6039, name: 'AmountCalcOverflow', message: 'Amount calculated overflows' },
      'no-liquidity': {
        code: 6038,
        name: 'TickArraySequenceInvalidIndex',
        message: 'Invalid index for tick array sequence',
      },
      'missing-account': {
        code: 6038,
        name: 'TickArraySequenceInvalidIndex',
        message: 'Invalid index for tick array sequence',
      },
      'not-open': { code: 6064, name: 'TradeIsNotEnabled', message: 'Trade is not enabled yet' },
      'pool-disabled': { code: 6064, name: 'TradeIsNotEnabled', message: 'Trade is not enabled yet' },
    },
  },
  'phoenix-v1': {
    slippage: PHOENIX_FAILED,
    refusals: {
      'zero-amount': PHOENIX_FAILED,
      'amount-too-small': PHOENIX_FAILED,
      'no-liquidity': PHOENIX_FAILED,
    },
  },
  'raydium-amm-v4': {
    slippage: { code: 30, name: '', message: 'exceeds desired slippage limit' },
    refusals: {
      'zero-amount': { code: 29, name: '', message: 'InvalidInput' },
      'amount-too-small': { code: 29, name: '', message: 'InvalidInput' },
      'no-liquidity': { code: 40, name: '', message: 'InsufficientFunds' },
      'pool-disabled': { code: 22, name: '', message: 'InvalidStatus' },
      'not-open': { code: 22, name: '', message: 'InvalidStatus' },
    },
  },
  'raydium-clmm': {
    slippage: { code: 6022, name: 'TooLittleOutputReceived', message: 'Too little output received' },
    refusals: {
      'zero-amount': {
        code: 6024,
        name: 'ZeroAmountSpecified',
        message: 'Swap special amount can not be zero',
      },
      'amount-too-small': {
        code: 6026,
        name: 'TooSmallInputOrOutputAmount',
        message: 'Swap input or output amount is too small',
      },
      'no-liquidity': { code: 6019, name: 'LiquidityInsufficient', message: 'Liquidity insufficient' },
      'missing-account': {
        code: 6027,
        name: 'NotEnoughTickArrayAccount',
        message: 'Not enought tick array account',
      },
      'pool-disabled': { code: 6001, name: 'NotApproved', message: 'Not approved' },
      'not-open': { code: 6001, name: 'NotApproved', message: 'Not approved' },
    },
  },
  'raydium-cpmm': {
    slippage: { code: 6005, name: 'ExceededSlippage', message: 'Exceeds desired slippage limit' },
    refusals: {
      'zero-amount': REQUIRE_GT,
      'amount-too-small': REQUIRE_GT,
      'amount-overflow': { code: 6011, name: 'MathOverflow', message: 'Math overflow' },
      'no-liquidity': {
        code: 6006,
        name: 'ZeroTradingTokens',
        message: 'Given pool token amount results in zero trading tokens',
      },
      'pool-disabled': { code: 6000, name: 'NotApproved', message: 'Not approved' },
      'not-open': { code: 6000, name: 'NotApproved', message: 'Not approved' },
    },
  },
};

/** For a venue that joins the registry before its profile does. */
const UNPROFILED: SwapProfile = { slippage: UNLISTED, refusals: {} };

export function swapProfile(venue: string): SwapProfile {
  return PROFILES[venue] ?? UNPROFILED;
}

export function refusalError(venue: string, reason: QuoteRefusal): ProgramError {
  return swapProfile(venue).refusals[reason] ?? UNLISTED;
}
