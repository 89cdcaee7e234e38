import type { Clock } from '../../../core/clock.ts';
import { AccountPayloadDecoder } from '../account-payload.ts';
import { integerOf } from '../rpc-answer.ts';
import type { Endpoint } from './endpoint.ts';
import { noteSlot } from './endpoint-calls.ts';
import type { SlotBook } from './slot-book.ts';

/** Asks endpoints that nobody asks: one that is down for its return, an idle one for its slot. */
export interface EndpointProbes {
  /** Does nothing when they run already. */
  start(): void;
  stop(): void;
}

export interface EndpointProbesParams {
  readonly endpoints: readonly Endpoint[];
  readonly slots: SlotBook;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

const LOOK_MS = 100;
/** An idle endpoint is asked so often, so that it is known when it is needed. */
const IDLE_MICROS = 10_000_000;

/** The timer does not keep the process alive. A single endpoint is probed only while it is down. */
export function createEndpointProbes(params: EndpointProbesParams): EndpointProbes {
  const { endpoints, slots, clock, timeoutMs } = params;
  const payloads = new AccountPayloadDecoder();
  const abort = new AbortController();
  const dueMicros = new Map<Endpoint, number>();
  const asking = new Set<Endpoint>();
  let timer: NodeJS.Timeout | undefined;

  function look(): void {
    const now = clock.monotonicMicros();
    for (const endpoint of endpoints) {
      const { health } = endpoint;
      if (asking.has(endpoint)) continue;
      if (health.up) {
        dueMicros.delete(endpoint);
        if (endpoints.length > 1 && now - health.lastAskedMicros > IDLE_MICROS) void probe(endpoint);
        continue;
      }
      const due = dueMicros.get(endpoint);
      if (due === undefined) dueMicros.set(endpoint, now + health.probeDelayMs() * 1_000);
      else if (now >= due) void probe(endpoint);
    }
  }

  async function probe(endpoint: Endpoint): Promise<void> {
    asking.add(endpoint);
    dueMicros.delete(endpoint);
    try {
      const slot = await endpoint.attempt({
        method: 'getSlot',
        params: [{ commitment: 'processed' }],
        priority: 'confirmation',
        deadlineMicros: clock.monotonicMicros() + timeoutMs * 1_000,
        timeoutMs,
        signal: abort.signal,
        alone: true,
        check: (host, result) => integerOf({ method: 'getSlot', host, payloads }, result, 'result'),
      });
      noteSlot(endpoints, slots, endpoint, 'processed', slot);
    } catch {
      // Its health has noted the failure; the next look plans the next probe.
    } finally {
      asking.delete(endpoint);
    }
  }

  return {
    start() {
      timer ??= setInterval(look, LOOK_MS).unref();
    },
    stop() {
      clearInterval(timer);
      abort.abort();
    },
  };
}
