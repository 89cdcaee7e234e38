import type { Clock } from '../../../core/clock.ts';
import type { Random } from '../../../core/random.ts';
import type { StreamTiming } from '../stream-contract.ts';
import {
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionPhase,
  type ConnectionPolicy,
  type ConnectionState,
  IDLE,
  nextConnectionState,
} from './connection-state.ts';

export interface ConnectionCourseOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly policy: ConnectionPolicy;
  /** `before`: the phase that it comes from; `reason`: why. */
  readonly onEffect: (effect: ConnectionEffect, before: ConnectionPhase, reason: string) => void;
}

/** What `nextConnectionState` says, over time: the present state, and the timer that ends it. */
export class ConnectionCourse {
  readonly #options: ConnectionCourseOptions;
  #state: ConnectionState = IDLE;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ConnectionCourseOptions) {
    this.#options = options;
  }

  get phase(): ConnectionPhase {
    return this.#state.phase;
  }

  /** Why it is not live, or why it last was not. */
  get reason(): string {
    return this.#state.reason;
  }

  /** Open and not behind: what it tells now is the chain's present. */
  get isCurrent(): boolean {
    const { phase } = this.#state;
    return phase === 'live' || phase === 'snapshot' || phase === 'subscribing';
  }

  /** It has failed to connect, or to tell the news, more than now and then: what belongs elsewhere goes elsewhere. */
  get isFailing(): boolean {
    const { phase, failures, faults } = this.#state;
    if (phase === 'suspended' || phase === 'stopped') return true;
    return phase !== 'live' && (failures >= 2 || faults >= 3);
  }

  /** It was live until now: its next snapshot is not one more try of something that fails. */
  get isAtFirstTry(): boolean {
    return this.#state.failures === 0 && this.#state.faults <= 1;
  }

  /** Milliseconds until it is opened again; undefined unless it waits. */
  get waitsForMs(): number | undefined {
    const { phase, dueMs } = this.#state;
    return phase === 'waiting' ? Math.max(0, dueMs - this.nowMs()) : undefined;
  }

  step(event: ConnectionEvent): void {
    const { policy, random, onEffect } = this.#options;
    const before = this.#state;
    const { state, effects } = nextConnectionState(before, event, this.nowMs(), policy, random);
    if (state === before) return;
    this.#state = state;
    // Later ends are looked for when the timer of the earlier one fires.
    if (state.dueMs < before.dueMs || state.phase !== before.phase) this.#arm();
    for (const effect of effects) onEffect(effect, before.phase, state.reason);
  }

  nowMs(): number {
    return this.#options.clock.monotonicMicros() / 1_000;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    if (this.#state.dueMs === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(
      () => {
        const due = this.#state.dueMs;
        this.step({ kind: 'tick' });
        if (this.#state.dueMs >= due && this.#state.phase !== 'stopped') this.#arm();
      },
      Math.max(1, Math.ceil(this.#state.dueMs - this.nowMs())),
    );
  }
}

/** `handshakeSlackMs`: what the transport's own end of a handshake may come late by. */
export function connectionPolicyOf(timing: StreamTiming, handshakeSlackMs: number): ConnectionPolicy {
  return {
    handshakeMs: timing.handshakeTimeoutMs + handshakeSlackMs,
    stuckMs: timing.stuckMs,
    behindMs: timing.behindMs,
    stableMs: timing.stableMs,
    steadyMs: timing.steadyMs,
    unreachable: timing.reconnectBackoff,
    refused: timing.refusedBackoff,
    fault: timing.faultBackoff,
  };
}
