import type { Lane } from './lane.ts';
import type { Limiter } from './limiter.ts';

/** The limits of all outside APIs, as configured. */
export interface ApiLimits {
  /** Requests an hour by provider, or by endpoint where one has a limit of its own. */
  readonly perHour: Readonly<Record<string, number>>;
  /** A second limit on single methods, by `provider/method`, in requests a second. */
  readonly methodsPerSecond: Readonly<Record<string, number>>;
  /** What a request counts where it is not 1, by method or `provider/method`. */
  readonly methodWeights: Readonly<Record<string, number>>;
  /** How many milliseconds' worth of requests may go at once. */
  readonly burstMs: number;
  /** No more than the rate allows in any window of so long; 0: none. */
  readonly windowMs: number;
}

/** Where a call waits for its turn and what it takes there. */
export interface Turnstile {
  readonly lane: Lane;
  readonly weight: number;
}

export interface ApiLanes {
  /** Of a call to `endpoint`, which belongs to `provider`. */
  of(provider: string, endpoint: string, method: string): Turnstile;
  /**
   * Of a call to an API with a limit of its own, such as a DEX's: below the provider's limit where `perHour` names the
   * provider, so that its calls draw on that too.
   */
  ofApi(provider: string, ratePerSecond: number, method: string): Turnstile;
}

const GENERIC = 'generic';

/**
 * Endpoints of one provider share its limit, since it counts by account. A generic provider is a different one for
 * each endpoint, and an endpoint that `perHour` names has its own.
 */
export function createApiLanes(limiter: Limiter, limits: ApiLimits): ApiLanes {
  const known = new Map<string, Turnstile>();

  function laneOf(name: string, perSecond: number, parent?: Lane): Lane {
    const burst = Math.max(1, (perSecond * limits.burstMs) / 1_000);
    return limiter.lane(name, { ratePerSecond: perSecond, burst, windowMs: limits.windowMs }, parent);
  }

  function create(provider: string, endpoint: string, method: string): Turnstile {
    const own = limits.perHour[endpoint];
    const perHour = own ?? limits.perHour[provider] ?? limits.perHour[GENERIC];
    if (perHour === undefined) throw new TypeError(`no limit for ${provider}`);
    const name = own !== undefined || provider === GENERIC ? endpoint : provider;
    return methodOf(laneOf(name, perHour / 3_600), provider, method);
  }

  function createApi(provider: string, ratePerSecond: number, method: string): Turnstile {
    const perHour = limits.perHour[provider];
    const parent = perHour === undefined ? undefined : laneOf(provider, perHour / 3_600);
    const limit = {
      ratePerSecond,
      burst: Math.max(1, Math.floor(ratePerSecond)),
      windowMs: 0,
      countsApart: true,
    };
    return methodOf(limiter.lane(`${provider}/api`, limit, parent), provider, method);
  }

  function methodOf(lane: Lane, provider: string, method: string): Turnstile {
    const weight = limits.methodWeights[`${provider}/${method}`] ?? limits.methodWeights[method] ?? 1;
    const perSecond = limits.methodsPerSecond[`${provider}/${method}`];
    return {
      lane: perSecond === undefined ? lane : laneOf(`${lane.name}/${method}`, perSecond, lane),
      weight,
    };
  }

  return {
    ofApi(provider, ratePerSecond, method) {
      const key = `${provider}/api ${method}`;
      const turnstile = known.get(key) ?? createApi(provider, ratePerSecond, method);
      known.set(key, turnstile);
      return turnstile;
    },
    of(provider, endpoint, method) {
      const key = `${endpoint} ${method}`;
      let turnstile = known.get(key);
      if (turnstile === undefined) {
        turnstile = create(provider, endpoint, method);
        known.set(key, turnstile);
      }
      return turnstile;
    },
  };
}
