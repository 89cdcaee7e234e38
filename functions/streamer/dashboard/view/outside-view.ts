import type { TokenView } from './view.ts';

/** What the page shows of outside APIs and of what depends on what. */
export interface OutsideView {
  /** Whether quotes are compared at all. */
  readonly compares: boolean;
  readonly alarmBps: number;
  readonly totals: { readonly compared: number; readonly missed: number; readonly alarms: number };
  readonly comparisons: readonly ComparisonView[];
  readonly dependencies: readonly DependencyView[];
  /** What a swap's priority fee is counted at. */
  readonly fee: {
    readonly source: 'configured' | 'helius';
    readonly lamportsPerLeg: string;
    readonly microLamportsPerUnit: string | null;
  };
}

/** Our quote beside Jupiter's. Amounts in base units; null where there was none. */
export interface ComparisonView {
  readonly key: string;
  readonly atMs: number;
  readonly from: TokenView;
  readonly to: TokenView;
  readonly amountIn: string;
  readonly ownOut: string | null;
  readonly jupiterOut: string | null;
  readonly ownRoute: string;
  readonly jupiterRoute: string;
  readonly deviationBps: number | null;
  readonly alarm: boolean;
}

export interface DependencyView {
  readonly id: string;
  readonly label: string;
  readonly state: 'up' | 'unseen' | 'trying' | 'down' | 'unused';
  readonly reason: string;
  /** What is switched off when it is down. */
  readonly off: string;
  readonly goesOn: string;
}
