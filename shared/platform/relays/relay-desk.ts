import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { ApiBudget } from '../limits/api-budget.ts';
import type { Priority } from '../limits/priority.ts';
import { refusalOf } from '../rpc/pool/call-fault.ts';
import { createEndpointHealth, type EndpointHealth } from '../rpc/pool/endpoint-health.ts';

/** What every call to one address of a relay passes, over whatever protocol: its turn, its health, its costs. */
export interface RelayDesk {
  readonly health: EndpointHealth;
  /** Why it does not answer, in its own words; '' when it does. */
  readonly problem: string;
  /**
   * Runs `work` once, when its turn has come, with the milliseconds that are left. Throws what it throws; `rpc-unreachable`
   * with `unsent` where the turn did not come in time.
   */
  run<T>(call: DeskCall, work: (leftMs: number) => Promise<T>): Promise<T>;
}

export interface DeskCall {
  readonly method: string;
  readonly priority: Priority;
  readonly deadlineMicros: number;
}

export interface RelayDeskParams {
  /** `<relay>/<region>`: the name of its limit and its costs. */
  readonly name: string;
  readonly host: string;
  readonly requestsPerSecond: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: ApiBudget;
}

export function createRelayDesk(params: RelayDeskParams): RelayDesk {
  const { name, host, requestsPerSecond, clock, budget } = params;
  const { limiter, lanes, costs } = budget;
  const health = createEndpointHealth(clock, params.random);
  let problem = '';

  function noteFailure(thrown: unknown, sentMicros: number): void {
    const kind = refusalOf(thrown);
    if (kind === 'request') {
      // It works, and says no to this one.
      health.answered((clock.monotonicMicros() - sentMicros) / 1_000);
      return;
    }
    problem = thrown instanceof ArbError ? thrown.message : 'it failed';
    if (isUnsent(thrown)) health.failed('unreachable');
    else if (kind === 'rate') health.failed('rate');
    else health.failed(kind === undefined || kind === 'busy' ? 'failed' : 'refused');
  }

  return {
    health,
    get problem() {
      return problem;
    },
    async run({ method, priority, deadlineMicros }, work) {
      const { lane, weight } = lanes.ofApi(name, requestsPerSecond, method);
      const waitMs = (deadlineMicros - clock.monotonicMicros()) / 1_000;
      if (waitMs <= 0) throw tooLate(method, host);
      const turn = limiter.enter(lane, { priority, weight, deadlineMs: waitMs });
      if (turn !== undefined) await turn;
      const sentMicros = clock.monotonicMicros();
      const leftMs = (deadlineMicros - sentMicros) / 1_000;
      if (leftMs <= 0) {
        lane.settled(weight, sentMicros);
        throw tooLate(method, host);
      }
      health.sent();
      let throttled = false;
      let unsent = false;
      try {
        const value = await work(leftMs);
        health.answered((clock.monotonicMicros() - sentMicros) / 1_000);
        lane.accepted();
        problem = '';
        return value;
      } catch (thrown) {
        throttled = refusalOf(thrown) === 'rate';
        unsent = isUnsent(thrown);
        noteFailure(thrown, sentMicros);
        if (throttled) lane.throttled(sentMicros, retryAfterOf(thrown));
        throw thrown;
      } finally {
        if (!unsent) costs.record(name, method, throttled);
        lane.settled(weight, sentMicros);
      }
    },
  };
}

function tooLate(method: string, host: string): ArbError {
  return new ArbError('rpc-unreachable', `${method}: no time is left to ask ${host}`, {
    method,
    host,
    why: 'no time is left',
    unsent: true,
  });
}

function isUnsent(thrown: unknown): boolean {
  return thrown instanceof ArbError && thrown.context.unsent === true;
}

function retryAfterOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof ArbError)) return undefined;
  const { retryAfterMs, message } = thrown.context;
  if (typeof retryAfterMs === 'number') return retryAfterMs;
  // Jito says it in its sentence.
  const told = typeof message === 'string' ? /retry after (\d{1,6}) ?ms/i.exec(message)?.[1] : undefined;
  return told === undefined ? undefined : Number(told);
}
