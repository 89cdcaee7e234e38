import type { PnlPoint } from '../../../shared/run/series.ts';
import type { DashboardState } from '../dashboard/view/view.ts';

/** One moment of the state cut into parts that are serialised once and shared by every client. */
export interface Frame {
  /** JSON by top-level key; `pnl` without its series. */
  readonly parts: ReadonlyMap<string, string>;
  readonly series: readonly PnlPoint[];
}

/** Cuts a state into the parts that are compared and sent on their own. */
export function cutFrame(state: DashboardState): Frame {
  const parts = new Map<string, string>();
  for (const [key, value] of Object.entries(state)) {
    if (key !== 'pnl') parts.set(key, JSON.stringify(value));
  }
  const { series, ...pnl } = state.pnl;
  parts.set('pnl', JSON.stringify(pnl));
  return { parts, series };
}

/**
 * The JSON that takes a client from `sent` to `now`, or undefined when nothing differs. Changed keys come whole; the
 * plot's series comes as `series: {keep, points}`: how many points of the old one still stand, and those after them.
 */
export function changesBetween(sent: Frame, now: Frame): string | undefined {
  const fields: string[] = [];
  for (const [key, json] of now.parts) {
    if (sent.parts.get(key) !== json) fields.push(`${JSON.stringify(key)}:${json}`);
  }
  const keep = samePoints(sent.series, now.series);
  if (keep !== now.series.length || keep !== sent.series.length) {
    fields.push(`"series":${JSON.stringify({ keep, points: now.series.slice(keep) })}`);
  }
  return fields.length === 0 ? undefined : `{${fields.join(',')}}`;
}

function samePoints(before: readonly PnlPoint[], after: readonly PnlPoint[]): number {
  const shorter = Math.min(before.length, after.length);
  let same = 0;
  while (same < shorter && before[same]![0] === after[same]![0] && before[same]![1] === after[same]![1]) {
    same++;
  }
  return same;
}
