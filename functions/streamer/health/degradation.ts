/** What the service does beside serving its page, each switched off when something it cannot do without is down. */
export type Feature =
  | 'trading'
  | 'snapshots'
  | 'program-watch'
  | 'records'
  | 'quote-comparison'
  | 'fallback-prices'
  | 'backup-routing'
  | 'fee-estimates'
  | 'post-trade-reading';

export const FEATURE_NAMES: Readonly<Record<Feature, string>> = {
  trading: 'trading',
  snapshots: 'new snapshots',
  'program-watch': 'the watch for redeployed programs',
  records: 'records on disk',
  'quote-comparison': 'quotes compared with Jupiter’s',
  'fallback-prices': 'fallback prices',
  'backup-routing': 'backup routing',
  'fee-estimates': 'estimated priority fees',
  'post-trade-reading': 'reading what a transaction did',
};

export type DependencyId = 'endpoint' | 'rpc' | 'websockets' | 'jupiter' | 'helius' | 'store';

export interface Dependency {
  readonly id: DependencyId;
  /** Beside its state, on the page. */
  readonly label: string;
  /** What is down, in a sentence. */
  readonly name: string;
  /** Switched off while it is down. */
  readonly off: readonly Feature[];
  /** What goes on, and how. */
  readonly goesOn: string;
}

/** What still works when each thing is down: the service obeys this, and the README shows it. */
export const DEPENDENCIES: readonly Dependency[] = [
  {
    id: 'endpoint',
    label: 'Each endpoint',
    name: 'one endpoint of several',
    off: [],
    goesOn:
      'everything, over the others; accounts that it streamed are not traded on until another endpoint has told them afresh; fills of order books that came from it wait for it',
  },
  {
    id: 'websockets',
    label: 'WebSockets',
    name: 'every WebSocket',
    off: ['trading'],
    goesOn: 'page, records and controls; trading comes back by itself after a fresh snapshot',
  },
  {
    id: 'rpc',
    label: 'RPC',
    name: 'every RPC',
    off: ['snapshots', 'program-watch'],
    goesOn: 'trading on what is streamed; what a gap has made unsure stays untraded until an RPC is back',
  },
  {
    id: 'jupiter',
    label: 'Jupiter',
    name: 'Jupiter',
    off: ['quote-comparison', 'fallback-prices', 'backup-routing'],
    goesOn: 'trading; a start mint that no pool prices is not traded once its last fallback price is too old',
  },
  {
    id: 'helius',
    label: 'Helius',
    name: 'Helius',
    off: ['fee-estimates', 'post-trade-reading'],
    goesOn: 'trading, at the configured priority fee once the last estimate is too old',
  },
  {
    id: 'store',
    label: 'Store',
    name: 'the store',
    off: ['records'],
    goesOn:
      'paper trading; rows wait in memory and the least important are dropped, counted, when there is no room; a pause works, and is written down once the store is back',
  },
];

/**
 * `unseen`: nothing has come from it yet, good or bad. `trying`: it was down, and the next call will tell. `unused`: not
 * configured, or there is only one of it.
 */
export type DependencyState = 'up' | 'unseen' | 'trying' | 'down' | 'unused';

export interface DependencyReport extends Dependency {
  readonly state: DependencyState;
  /** Why it is not up, in a few words; '' otherwise. */
  readonly reason: string;
}

export interface DependencyProbe {
  readonly state: DependencyState;
  readonly reason?: string | undefined;
}

export interface Degradation {
  /** False while something is down that the feature cannot do without. */
  allows(feature: Feature): boolean;
  report(): readonly DependencyReport[];
  /** What is off now and because of what, in one line; '' when nothing is. */
  summary(): string;
}

export function createDegradation(
  probes: Readonly<Record<DependencyId, () => DependencyProbe>>,
): Degradation {
  const report = (): readonly DependencyReport[] =>
    DEPENDENCIES.map((dependency) => {
      const { state, reason = '' } = probes[dependency.id]();
      return { ...dependency, state, reason };
    });
  return {
    report,
    allows: (feature) =>
      DEPENDENCIES.every(({ id, off }) => !off.includes(feature) || probes[id]().state !== 'down'),
    summary: () =>
      report()
        .filter(({ state }) => state === 'down' || state === 'trying')
        .map(
          ({ name, off, reason }) =>
            `${name} down${off.length === 0 ? ` (${reason})` : ''}, off: ${offText(off)}` +
            (off.includes('trading') ? ` (${reason})` : ''),
        )
        .join('; '),
  };
}

/** The features by name; `nothing` for none. */
export function offText(off: readonly Feature[]): string {
  return off.length === 0 ? 'nothing' : off.map((feature) => FEATURE_NAMES[feature]).join(', ');
}

/** The table of the README: one row a dependency. */
export function degradationTable(): readonly (readonly string[])[] {
  return [
    ['down', 'switched off', 'goes on'],
    ...DEPENDENCIES.map(({ name, off, goesOn }) => [name, offText(off), goesOn]),
  ];
}
