import type { Verb } from './frame/verb.ts';

/** A verb that is loaded only when it is used or when its own help is asked for. */
export interface VerbEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Verb>;
}

/** Every verb of `arb`, in the order of `--help`: one entry each. */
export const VERBS: readonly VerbEntry[] = [
  {
    name: 'run',
    summary: 'stream a market, search it and paper-trade it, with the dashboard beside it',
    load: async () => (await import('./run/run.ts')).runVerb,
  },
  {
    name: 'record',
    summary: 'run a market as arb run does, and write every event down for arb replay',
    load: async () => (await import('./run/record.ts')).recordVerb,
  },
  {
    name: 'replay',
    summary: 'drive the engine with a recording: the same decisions, bit for bit, as the run that made it',
    load: async () => (await import('./run/replay.ts')).replayVerb,
  },
  {
    name: 'recording',
    summary: 'what a recording holds: segments, events by kind, span, pools, damage',
    load: async () => (await import('./run/recording.ts')).recordingVerb,
  },
  {
    name: 'census',
    summary: 'what these pairs would have given: gaps by size, lifetime, latency and tip, and a verdict',
    load: async () => (await import('./run/census.ts')).censusVerb,
  },
  {
    name: 'search',
    summary: 'the best cycles on a market snapshot, sized exactly, net of costs',
    load: async () => (await import('./analysis/search.ts')).searchVerb,
  },
  {
    name: 'optimum',
    summary: 'the market-wide optimal arbitrage of a standing market, certified by its duality gap',
    load: async () => (await import('./analysis/optimum.ts')).optimumVerb,
  },
  {
    name: 'config',
    summary: 'print the effective configuration and where each value came from',
    load: async () => (await import('./operate/config.ts')).configVerb,
  },
  {
    name: 'quote',
    summary: 'quote a swap on a market snapshot, or replay files of executed swaps',
    load: async () => (await import('./analysis/quote.ts')).quoteVerb,
  },
  {
    name: 'prove',
    summary: 'execute our swaps with the real programs on a snapshot and compare',
    load: async () => (await import('./prove/prove.ts')).proveVerb,
  },
  {
    name: 'discover',
    summary: 'find the pools of some mints on a node, check them, and write the universe file',
    load: async () => (await import('./analysis/discover.ts')).discoverVerb,
  },
  {
    name: 'chaos',
    summary: 'break the wire to the market in every way and see that nothing is decided on stale state',
    load: async () => (await import('./chaos/chaos.ts')).chaosVerb,
  },
  {
    name: 'soak',
    summary: 'run the service on the built-in market for a long time and say whether its memory stays flat',
    load: async () => (await import('./operate/soak.ts')).soakVerb,
  },
  {
    name: 'chain',
    summary: 'what the chain is: slot time, rent, limits, versions, consensus, and who says so',
    load: async () => (await import('./analysis/chain.ts')).chainVerb,
  },
  {
    name: 'venues',
    summary: 'the venues, their pools in a market with what excludes them, and their last proofs',
    load: async () => (await import('./analysis/venues.ts')).venuesVerb,
  },
  {
    name: 'compare',
    summary: 'our best quote for a pair and an amount against Jupiter’s',
    load: async () => (await import('./analysis/compare.ts')).compareVerb,
  },
];
