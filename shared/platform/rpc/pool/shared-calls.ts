import { ArbError } from '../../../core/errors.ts';
import { PRIORITIES, type Priority } from '../../limits/priority.ts';

/** What one caller wants of a call that others may share. */
export interface Share {
  readonly key: string;
  readonly priority: Priority;
  readonly urgent: boolean;
  /** When this caller gives up. */
  readonly deadlineMicros: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  /** For the error of an abort. */
  readonly method: string;
  readonly host: string;
}

/** Identical reads on their way have one answer. */
export interface SharedCalls {
  /** Joins a call of that key, or starts one; it is aborted when nobody waits for it any more. */
  join<T>(share: Share, start: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Calls that were spared. */
  readonly joined: number;
  readonly inFlight: number;
}

interface Flight {
  readonly answer: Promise<unknown>;
  readonly level: number;
  readonly urgent: boolean;
  readonly deadlineMicros: number;
  readonly abort: AbortController;
  callers: number;
}

const OWN_GRACE_MS = 50;
const MICROS_PER_MS = 1_000;
const EARLIER_SHARE = 0.5;

/**
 * A caller joins only what goes at least as early as its own call would: of no lower level, no less urgent, and
 * with at least half of its time left.
 */
export function createSharedCalls(): SharedCalls {
  const flights = new Map<string, Flight>();
  let joined = 0;
  let inFlight = 0;

  function launch(share: Share, start: (signal: AbortSignal) => Promise<unknown>): Flight {
    const abort = new AbortController();
    inFlight++;
    const answer = start(abort.signal).finally(() => {
      inFlight--;
      if (flights.get(share.key) === flight) flights.delete(share.key);
    });
    // Its callers hear of a failure; when all have left there is nobody to tell.
    answer.catch(() => undefined);
    const flight: Flight = {
      answer,
      level: PRIORITIES.indexOf(share.priority),
      urgent: share.urgent,
      deadlineMicros: share.deadlineMicros,
      abort,
      callers: 0,
    };
    flights.set(share.key, flight);
    return flight;
  }

  function suits({ level, urgent, deadlineMicros }: Flight, share: Share): boolean {
    return (
      level <= PRIORITIES.indexOf(share.priority) &&
      (urgent || !share.urgent) &&
      deadlineMicros >= share.deadlineMicros - share.deadlineMs * MICROS_PER_MS * EARLIER_SHARE
    );
  }

  return {
    get joined() {
      return joined;
    },
    get inFlight() {
      return inFlight;
    },
    join<T>(share: Share, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
      const { signal, method, host } = share;
      if (signal?.aborted === true) return Promise.reject(gone(method, host, 'aborted'));
      const known = flights.get(share.key);
      const shared = known !== undefined && suits(known, share) ? known : undefined;
      if (shared !== undefined) joined++;
      const flight = shared ?? launch(share, start);
      flight.callers++;
      return new Promise<T>((resolve, reject) => {
        const leave = (why: string): void => {
          end();
          reject(gone(method, host, why));
          if (--flight.callers > 0) return;
          if (flights.get(share.key) === flight) flights.delete(share.key);
          flight.abort.abort();
        };
        const onAbort = (): void => leave('aborted');
        // Whoever started it has the same deadline inside, where the endpoint that kept it waiting is known by name.
        const graceMs = shared === undefined ? OWN_GRACE_MS : 0;
        const timer = setTimeout(
          () => leave(`no answer in ${share.deadlineMs} ms`),
          share.deadlineMs + graceMs,
        );
        const end = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', onAbort);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        flight.answer.then(
          (value) => {
            end();
            resolve(value as T);
          },
          (thrown: unknown) => {
            end();
            reject(thrown);
          },
        );
      });
    },
  };
}

function gone(method: string, host: string, why: string): ArbError {
  return new ArbError('rpc-unreachable', `${method}: ${host} is unreachable (${why})`, { method, host, why });
}
