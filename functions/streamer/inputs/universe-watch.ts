import { statSync } from 'node:fs';
import type { Address } from '../../../shared/core/address.ts';
import type { Clock } from '../../../shared/core/clock.ts';
import { errorText } from '../../../shared/core/errors.ts';
import type { Logger } from '../../../shared/platform/process/log.ts';
import {
  type EnabledUniverse,
  enabledUniverse,
  readUniverseFile,
} from '../../../shared/platform/universe/universe-file.ts';

export interface UniverseWatchParams {
  /** Undefined: there is none to follow. */
  readonly path: string | undefined;
  readonly pipeline: { process(event: UniverseEvent): void };
  readonly clock: Clock;
  readonly log: Logger;
  /** Default 1 s. */
  readonly everyMs?: number;
}

interface UniverseEvent {
  readonly kind: 'universe';
  readonly atMicros: number;
  readonly pools: readonly { readonly venue: string; readonly address: Address }[];
  readonly offMints: readonly Address[];
}

/** Follows the universe file while the service runs. */
export interface UniverseWatch {
  /** Why the file as it stands now is not in force; '' while it is. */
  readonly problem: string;
  /** Hands over what stands in the file now, and from here on after every change. */
  start(): void;
  stop(): void;
}

/**
 * Hands the file's universe to the engine. A file that cannot be read leaves what was in force in force and says so. The
 * file is looked at by its time and size: that works on every file system and mount.
 */
export function createUniverseWatch(params: UniverseWatchParams): UniverseWatch {
  const { path, pipeline, clock, log, everyMs = 1_000 } = params;
  let seen = '';
  let problem = '';
  let inForce = '';
  let timer: NodeJS.Timeout | undefined;

  function look(path: string): void {
    const mark = fileMark(path);
    if (mark === seen) return;
    seen = mark;
    let universe: EnabledUniverse;
    try {
      universe = enabledUniverse(readUniverseFile(path));
    } catch (error) {
      problem = errorText(error);
      log.error('universe.refused', { path, problem });
      return;
    }
    problem = '';
    const text = JSON.stringify(universe);
    if (text === inForce) return;
    inForce = text;
    pipeline.process({ kind: 'universe', atMicros: clock.monotonicMicros(), ...universe });
    log.notice('universe.taken', { path, pools: universe.pools.length, offMints: universe.offMints.length });
  }

  return {
    get problem() {
      return problem;
    },
    start() {
      if (path === undefined) return;
      look(path);
      timer = setInterval(look, everyMs, path);
    },
    stop: () => clearInterval(timer),
  };
}

function fileMark(path: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  } catch {
    return 'absent';
  }
}
