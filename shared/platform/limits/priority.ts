/** What a call to an outside API is for, most important first: who waits least and is shed last. */
export const PRIORITIES = ['execution', 'confirmation', 'balances', 'discovery', 'reports'] as const;

export type Priority = (typeof PRIORITIES)[number];
