import type { Address } from '../../core/address.ts';

/** Meteora DAMM v2 (MeteoraAg/damm-v2, program `cp_amm` 0.2). Names of fields and errors are that program's. */
export const DAMM_V2_PROGRAM = 'cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG' as Address;

/** Owner of every vault: the program address of `pool_authority`. */
export const POOL_AUTHORITY = 'HLnpSz9h2S4hiLQ43rnSD9XkcUThA7B8hQMKmDaiTLcC' as Address;

/** Signs the program's events to itself: the program address of `__event_authority`. */
export const EVENT_AUTHORITY = '3rmHSu74h1ZcmAisVcWerTCiRDQbUrBKmcwptYGjHfet' as Address;

/** Where a transaction reads its own instructions: the rate limiter counts swaps with it. */
export const INSTRUCTIONS_SYSVAR = 'Sysvar1nstructions1111111111111111111111111' as Address;

/** Fee numerators are parts of a thousand million. */
export const FEE_DENOMINATOR = 1_000_000_000n;
/** One basis point as a fee numerator. */
export const NUMERATOR_PER_BPS = 100_000n;

/** The most a swap may be charged, by the pool's fee version; another version fails every swap. */
export const MAX_FEE_NUMERATORS: readonly bigint[] = [500_000_000n, 990_000_000n];

/** Bounds of a price range, square roots in Q64.64. */
export const MIN_SQRT_PRICE = 4_295_048_016n;
export const MAX_SQRT_PRICE = 79_226_673_521_066_979_257_578_248_091n;

/** Where fees are taken: out of what goes out; always in token B; in token B with a part put back into the reserves. */
export const COLLECT_BOTH = 0;
export const COLLECT_ONLY_B = 1;
export const COLLECT_COMPOUNDING = 2;

export const BY_SLOT = 0;
export const BY_TIMESTAMP = 1;
