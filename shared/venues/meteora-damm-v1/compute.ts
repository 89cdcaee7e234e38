/**
 * Compute units of the Dynamic AMM's `swap` and of the vault program under it: the least figures that no swap was seen to
 * exceed. Over 3,000 swaps of the proven binaries the count was 1.1 times what was used in the median.
 *
 * The stable curve is solved by steps, each some divisions of 192 bits. Where its steps go round, the 256 that the
 * program takes at most cost more than any transaction has, whatever the balances (1,413,000 at the least).
 */
const BASE = 110_000;
/** Five calls of the SPL Token program that was deployed before p-token: three transfers, a mint and a burn. */
const TOKEN_CALLS = 25_000;
const INVARIANT_STEP = 8_100;
const BALANCE_STEP = 4_000;

/** Compute units of a swap over the constant product. */
export const PRODUCT_UNITS = BASE + TOKEN_CALLS;

/** Compute units of a swap over the stable curve, by the steps to its invariant and to what stays of the token out. */
export function stableUnits(invariantSteps: number, balanceSteps: number): number {
  return PRODUCT_UNITS + invariantSteps * INVARIANT_STEP + balanceSteps * BALANCE_STEP;
}
