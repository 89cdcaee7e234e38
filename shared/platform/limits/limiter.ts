import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import { startLongTimer } from '../process/long-timer.ts';
import { createLane, type Lane, type LaneLimit, type LaneWaiter } from './lane.ts';
import { PRIORITIES, type Priority } from './priority.ts';
import { turnOf } from './wait-list.ts';

export interface LimiterOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Most requests that wait at one time, over all lanes. */
  readonly maxQueued: number;
  /** What a level is worth in waiting: see `createWaitList`. */
  readonly agingMs: number;
  /** Default: a timer. Gives what cancels it. */
  readonly schedule?: (ms: number, work: () => void) => () => void;
}

export interface LimitedRequest {
  readonly priority: Priority;
  /** Tokens that it takes. Default 1. */
  readonly weight?: number;
  /** From now; a request that waits longer is dropped. Default: none. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The limits of every outside API in one place: lanes by provider and finer, and one bound for all that waits. */
export interface Limiter {
  /** The lane of that name, made when it is first asked for; its limit and parent are those of the first time. */
  lane(name: string, limit: LaneLimit, parent?: Lane): Lane;
  readonly lanes: readonly Lane[];
  /** Requests that wait, over all lanes. */
  readonly queued: number;
  /**
   * Undefined when the request may go at once, else a promise of its turn. Rejects with `rpc-shed` (context: level,
   * queued, lane) when others of higher level need the room, `rpc-unreachable` when its deadline passed or it was
   * aborted. Whoever got a turn calls `lane.settled` when the request is over.
   */
  enter(lane: Lane, request: LimitedRequest): Promise<void> | undefined;
  /** Runs `work` when its turn has come and settles it whatever happens. */
  run<T>(lane: Lane, request: LimitedRequest, work: () => Promise<T>): Promise<T>;
  close(): void;
}

/** @hot `enter` while nobody waits and tokens are there. */
export function createLimiter(options: LimiterOptions): Limiter {
  const { clock, random, maxQueued } = options;
  const agingMicros = options.agingMs * 1_000;
  const schedule = options.schedule ?? timer;
  const lanes: Lane[] = [];
  let queued = 0;

  function shedOne(newcomer: LaneWaiter): boolean {
    let victim: LaneWaiter = newcomer;
    for (const lane of lanes) {
      const last = lane.list.last() as LaneWaiter | undefined;
      if (last !== undefined && turnOf(last, agingMicros) > turnOf(victim, agingMicros)) victim = last;
    }
    victim.lane.countShed(victim.level);
    if (victim === newcomer) {
      newcomer.refused('shed', queued);
      return false;
    }
    victim.list?.remove(victim);
    queued--;
    victim.refused('shed', queued);
    return true;
  }

  function wait(lane: Lane, request: LimitedRequest, level: number, weight: number): Promise<void> {
    const { deadlineMs, signal } = request;
    const nowMicros = clock.monotonicMicros();
    return new Promise((resolve, reject) => {
      let cancelDeadline: (() => void) | undefined;
      const withdraw = (why: string): void => {
        end();
        if (waiter.list === undefined) return;
        waiter.list.remove(waiter);
        queued--;
        reject(unreachable(waiter.lane, request.priority, why));
      };
      const onAbort = (): void => withdraw('aborted');
      const end = (): void => {
        cancelDeadline?.();
        signal?.removeEventListener('abort', onAbort);
      };
      const waiter: LaneWaiter = {
        level,
        weight,
        sinceMicros: nowMicros,
        deadlineMicros: deadlineMs === undefined ? Number.POSITIVE_INFINITY : nowMicros + deadlineMs * 1_000,
        lane,
        list: undefined,
        before: undefined,
        after: undefined,
        granted() {
          end();
          resolve();
        },
        refused(why, others) {
          end();
          const sentence = why === 'closed' ? 'closed' : `its turn did not come in ${deadlineMs} ms`;
          reject(
            why === 'shed'
              ? shedError(waiter.lane, request.priority, others)
              : unreachable(waiter.lane, request.priority, sentence),
          );
        },
      };
      if (signal?.aborted === true) {
        reject(unreachable(lane, request.priority, 'aborted'));
        return;
      }
      if (queued >= maxQueued && !shedOne(waiter)) return;
      queued++;
      signal?.addEventListener('abort', onAbort, { once: true });
      if (deadlineMs !== undefined) {
        cancelDeadline = schedule(deadlineMs, () => withdraw(`its turn did not come in ${deadlineMs} ms`));
      }
      lane.list.add(waiter);
      lane.pump();
    });
  }

  function enter(lane: Lane, request: LimitedRequest): Promise<void> | undefined {
    const level = PRIORITIES.indexOf(request.priority);
    const weight = request.weight ?? 1;
    if (lane.tryTake(level, weight)) return undefined;
    return wait(lane, request, level, weight);
  }

  return {
    lanes,
    get queued() {
      return queued;
    },
    lane(name, limit, parent) {
      const known = lanes.find((lane) => lane.name === name);
      if (known !== undefined) return known;
      const lane = createLane({
        name,
        limit,
        parent,
        clock,
        random,
        agingMicros,
        schedule,
        left: () => {
          queued--;
        },
      });
      lanes.push(lane);
      return lane;
    },
    enter,
    async run(lane, request, work) {
      const turn = enter(lane, request);
      if (turn !== undefined) await turn;
      const sentMicros = clock.monotonicMicros();
      try {
        return await work();
      } finally {
        lane.settled(request.weight ?? 1, sentMicros);
      }
    },
    close() {
      for (const lane of lanes) lane.close();
    },
  };
}

function timer(ms: number, work: () => void): () => void {
  return startLongTimer(work, ms).clear;
}

function shedError(lane: Lane, level: Priority, queued: number): ArbError {
  return new ArbError(
    'rpc-shed',
    `a request of level ${level} to ${lane.name} gave way: ${queued} requests wait for their turn already`,
    { level, queued, lane: lane.name },
  );
}

function unreachable(lane: Lane, level: Priority, why: string): ArbError {
  return new ArbError(
    'rpc-unreachable',
    `a request of level ${level} to ${lane.name} was not sent (${why})`,
    {
      why,
      level,
      lane: lane.name,
      unsent: true,
    },
  );
}
