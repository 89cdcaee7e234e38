/** The parts of a `.cpuprofile` file that are read. Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    /** Samples by source line, counted from 1; absent for what has none, such as the garbage collector. */
    readonly positionTicks?: readonly { readonly line: number; readonly ticks: number }[];
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Time that was spent in one line itself, not in what it calls. */
export interface LineTime {
  readonly functionName: string;
  /** `path:line`, or '' for what stands in no file. */
  readonly at: string;
  readonly ms: number;
  /** Of the time in which anything ran, 0 to 1. */
  readonly share: number;
}

const WAITING = new Set(['(idle)', '(root)']);

/** The lines that took most time themselves, most first. Each sample counts for the time to the one before it. */
export function busiestLines(profile: CpuProfile, most: number): LineTime[] {
  const micros = new Map<number, number>();
  profile.samples.forEach((id, i) => {
    micros.set(id, (micros.get(id) ?? 0) + (profile.timeDeltas[i] ?? 0));
  });
  const lines = new Map<string, { functionName: string; at: string; micros: number }>();
  let all = 0;
  for (const { id, callFrame, positionTicks } of profile.nodes) {
    const { functionName, url, lineNumber } = callFrame;
    const own = micros.get(id) ?? 0;
    if (own <= 0 || WAITING.has(functionName)) continue;
    all += own;
    const ticks = positionTicks?.length ? positionTicks : [{ line: lineNumber + 1, ticks: 1 }];
    const total = ticks.reduce((sum, tick) => sum + tick.ticks, 0);
    for (const tick of ticks) {
      const at = url === '' ? '' : `${url}:${tick.line}`;
      const key = `${functionName} ${at}`;
      const line = lines.get(key) ?? { functionName: functionName || '(anonymous)', at, micros: 0 };
      line.micros += (own * tick.ticks) / total;
      lines.set(key, line);
    }
  }
  return [...lines.values()]
    .sort((a, b) => b.micros - a.micros)
    .slice(0, most)
    .map(({ functionName, at, micros }) => ({ functionName, at, ms: micros / 1_000, share: micros / all }));
}
