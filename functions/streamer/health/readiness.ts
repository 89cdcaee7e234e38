import type { Clock } from '../../../shared/core/clock.ts';
import type { Engine } from '../../../shared/engine/engine.ts';
import { isQuotable } from '../../../shared/market/pool-entry.ts';
import type { StreamStatus } from '../../../shared/platform/feed/account-stream.ts';
import type { Reason } from '../../../shared/routing/reason.ts';
import { excludedPools } from '../../../shared/run/summary.ts';
import type { Degradation } from './degradation.ts';

export interface ReadinessParams {
  readonly engine: Pick<Engine, 'status' | 'halted' | 'market' | 'refused' | 'ledger' | 'pending'>;
  readonly degradation: Degradation;
  readonly stream: () => Pick<StreamStatus, 'accounts' | 'confirmed' | 'pending' | 'failed' | 'connections'>;
  readonly clock: Clock;
  readonly draining: () => boolean;
  /** What is said of orders that nobody knows the end of; '' without one. */
  readonly unknown: () => string;
}

export interface Ready {
  readonly ok: boolean;
  /** Why not, or what else is off though it is; '' when there is nothing to say. */
  readonly message: string;
}

/** Whether the service does what it is there for: ready means that it trades when there is something to trade. */
export interface Readiness {
  /** Looks once a second from here on: some troubles count only when they last. */
  start(): void;
  stop(): void;
  look(): Ready;
  /** Why it is not ready; '' while it is, and while a person has paused it. */
  trouble(): string;
}

const LOOK_MS = 1_000;
/** Pools go out and come back while the feed closes a gap. */
const NO_POOL_MS = 5_000;
/** Subscriptions that are not had, and accounts that are had and never all certain. */
const UNCOVERED_MS = 15_000;
const UNCERTAIN_MS = 60_000;
const REFUSED_MS = 60_000;
/** So few candidates say nothing. */
const REFUSED_LEAST = 10;

/** Refusals that tell of the service and not of the market. */
const OUR_OWN: readonly Reason[] = [
  'no-capital',
  'no-reference-price',
  'quote-refused',
  'feed-stale',
  'insufficient-balance',
];
/** Of candidates that came so far and just do not pay. */
const OF_THE_MARKET: readonly Reason[] = [
  'pool-busy',
  'edge-spent',
  'too-small',
  'below-costs',
  'capped',
  'beyond-accounts',
  'outranked',
  'budget-exhausted',
  'no-exact-profit',
  'beyond-compute',
  'conflicting',
  'paused',
  'below-min-profit',
  'max-pending',
];

export function createReadiness(params: ReadinessParams): Readiness {
  const { engine, degradation, stream, clock } = params;
  let timer: NodeJS.Timeout | undefined;
  const noPool = createSpell(clock);
  const uncovered = createSpell(clock);
  const uncertain = createSpell(clock);
  /** What was counted when candidates last did better than being refused for our own reasons. */
  let best = { atMicros: clock.monotonicMicros(), approved: 0, market: 0, own: 0 };

  const counts = (): typeof best => ({
    atMicros: clock.monotonicMicros(),
    approved: engine.ledger.filled + engine.ledger.reverted + engine.ledger.notLanded + engine.pending.length,
    market: sumOf(OF_THE_MARKET),
    own: sumOf(OUR_OWN),
  });
  const sumOf = (reasons: readonly Reason[]): number =>
    reasons.reduce((sum, reason) => sum + engine.refused.of(reason), 0);

  function sample(): void {
    const { market } = engine;
    const { accounts, confirmed, pending, failed } = stream();
    noPool.hold(market.live && !market.pools.some(isQuotable));
    uncovered.hold(market.live && failed.length + pending > 0);
    uncertain.hold(market.live && accounts > confirmed);
    const now = counts();
    if (now.approved > best.approved || now.market > best.market || now.own === best.own) best = now;
  }

  function whyNot(): string {
    if (params.draining()) return 'draining';
    if (!degradation.allows('trading')) return joined(engine.status, degradation.summary());
    if (engine.halted) return 'halted: the loss limit was reached';
    if (noPool.lastsMs() >= NO_POOL_MS) return `no pool can be traded${poolReasons()}`;
    const { accounts, confirmed, pending, failed } = stream();
    if (uncovered.lastsMs() >= UNCOVERED_MS) {
      const first = failed[0] === undefined ? '' : `, the first of them ${failed[0]}`;
      return `${failed.length + pending} of ${accounts} wanted accounts are not covered by any subscription${first}`;
    }
    if (uncertain.lastsMs() >= UNCERTAIN_MS) {
      return `${accounts - confirmed} of ${accounts} wanted accounts have been uncertain for over a minute`;
    }
    return everythingRefused();
  }

  function everythingRefused(): string {
    const own = sumOf(OUR_OWN) - best.own;
    const spellMs = (clock.monotonicMicros() - best.atMicros) / 1_000;
    if (own < REFUSED_LEAST || spellMs < REFUSED_MS) return '';
    const most = [...OUR_OWN].sort((a, b) => engine.refused.of(b) - engine.refused.of(a))[0]!;
    return `every candidate of the last minute was refused, most of them for ${most}`;
  }

  function poolReasons(): string {
    const counted = new Map<string, number>();
    for (const { reason } of excludedPools(engine)) counted.set(reason, (counted.get(reason) ?? 0) + 1);
    const shown = [...counted].sort((a, b) => b[1] - a[1]).slice(0, 3);
    const all = engine.market.pools.filter(({ status }) => status !== 'removed').length;
    if (all === 0) return ': none is wanted';
    return shown.length === 0 ? '' : `: ${shown.map(([reason, pools]) => `${pools} × ${reason}`).join('; ')}`;
  }

  return {
    start() {
      timer = setInterval(sample, LOOK_MS);
      timer.unref();
    },
    stop: () => clearInterval(timer),
    look() {
      const why = whyNot();
      if (why !== '') return { ok: false, message: why };
      const { accounts, confirmed } = stream();
      const lost = accounts > confirmed ? `${accounts - confirmed} accounts unconfirmed` : '';
      return { ok: true, message: joined(engine.status, degradation.summary(), params.unknown(), lost) };
    },
    trouble: whyNot,
  };
}

/** How long something has held without a break, by the looks that were taken. */
function createSpell(clock: Clock): { hold(holds: boolean): void; lastsMs(): number } {
  let sinceMicros: number | undefined;
  return {
    hold(holds) {
      sinceMicros = holds ? (sinceMicros ?? clock.monotonicMicros()) : undefined;
    },
    lastsMs: () => (sinceMicros === undefined ? 0 : (clock.monotonicMicros() - sinceMicros) / 1_000),
  };
}

function joined(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('; ');
}
