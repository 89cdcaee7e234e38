import type { ApiPrices } from './api-costs.ts';

/** Requests an hour. Helius' figure is the plan this system is sized for; a generic endpoint is one of each kind. */
export const DEFAULT_PER_HOUR: Readonly<Record<string, number>> = {
  helius: 3_000_000,
  triton: 1_800_000,
  generic: 360_000,
};

/** Requests a second of single methods: providers hold scans of a whole program to far less than the rest. */
export const DEFAULT_METHODS_PER_SECOND: Readonly<Record<string, number>> = {
  'helius/getProgramAccounts': 25,
  'triton/getProgramAccounts': 25,
};

/**
 * Helius' price list at the time of writing: a credit a call, ten for a scan, a hundred for a parsed transaction, and
 * five dollars a million credits. Others charge by the month, or by bytes; give the figures of your own plan.
 */
export const DEFAULT_PRICES: ApiPrices = {
  credits: {
    'helius/*': 1,
    'helius/getProgramAccounts': 10,
    'helius/enhancedTransactions': 100,
  },
  usdPerMillionCredits: { helius: 5 },
};
