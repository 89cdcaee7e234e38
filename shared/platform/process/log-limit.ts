import type { Clock } from '../../core/clock.ts';
import type { LogFields, Logger, Severity } from './log.ts';
import { type LongTimer, startLongTimer } from './long-timer.ts';

export interface LogLimitParams {
  readonly log: Logger;
  readonly clock: Clock;
  /** Between two lines of one source; default 1 s. */
  readonly everyMs?: number;
}

/** A logger whose sources cannot flood it. */
export interface LimitedLogger extends Logger {
  /** Writes what waits: to be called before the end. */
  flush(): void;
}

const EVERY_MS = 1_000;
/** More sources than any service has; beyond them the oldest is forgotten. */
const MOST_SOURCES = 2_000;
/** What tells two sources of one event apart. */
const NAMES = [
  'endpoint',
  'connection',
  'provider',
  'venue',
  'pool',
  'step',
  'name',
  'where',
  'host',
] as const;

interface Source {
  lastMicros: number;
  suppressed: number;
  /** The newest line that was held back: written when its time has come, with how many came before it. */
  waiting: (() => void) | undefined;
  timer: LongTimer | undefined;
}

/**
 * `log`, with at most one line a second from each source, which is an event of one endpoint, venue or other name. Of
 * those held back the newest is written when the second is over, with `suppressed`: how many others there were.
 */
export function limitLog({ log, clock, everyMs = EVERY_MS }: LogLimitParams): LimitedLogger {
  return limited(log, { clock, everyMs, sources: new Map() });
}

interface Limits {
  readonly clock: Clock;
  readonly everyMs: number;
  readonly sources: Map<string, Source>;
}

function limited(log: Logger, limits: Limits): LimitedLogger {
  const { clock, everyMs, sources } = limits;

  function sourceOf(key: string): Source {
    let source = sources.get(key);
    if (source === undefined) {
      source = { lastMicros: Number.NEGATIVE_INFINITY, suppressed: 0, waiting: undefined, timer: undefined };
      sources.set(key, source);
      if (sources.size > MOST_SOURCES) forget(sources);
    }
    return source;
  }

  const at =
    (severity: Lowercase<Severity>) =>
    (event: string, fields: LogFields = {}): void => {
      const source = sourceOf(
        [severity, event, ...NAMES.map((name) => String(fields[name] ?? ''))].join(' '),
      );
      const write = (): void => {
        const { suppressed } = source;
        source.lastMicros = clock.monotonicMicros();
        source.suppressed = 0;
        source.waiting = undefined;
        log[severity](event, suppressed === 0 ? fields : { ...fields, suppressed });
      };
      const leftMs = everyMs - (clock.monotonicMicros() - source.lastMicros) / 1_000;
      if (leftMs <= 0 && source.waiting === undefined) {
        write();
        return;
      }
      if (source.waiting === undefined) {
        source.timer = startLongTimer(() => source.waiting?.(), leftMs).unref();
      } else source.suppressed += 1;
      source.waiting = write;
    };

  return {
    debug: at('debug'),
    info: at('info'),
    notice: at('notice'),
    warning: at('warning'),
    error: at('error'),
    critical: at('critical'),
    with: (more) => limited(log.with(more), { clock, everyMs, sources: new Map() }),
    flush() {
      for (const source of sources.values()) {
        source.timer?.clear();
        source.waiting?.();
      }
    },
  };
}

/** The source that was heard of first goes; what it held back is written. */
function forget(sources: Map<string, Source>): void {
  for (const [key, source] of sources) {
    sources.delete(key);
    source.timer?.clear();
    source.waiting?.();
    return;
  }
}
