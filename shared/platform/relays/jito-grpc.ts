import { type ClientReadableStream, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Clock } from '../../core/clock.ts';
import { ArbError, errorText } from '../../core/errors.ts';
import type { Random } from '../../core/random.ts';
import type { Sender } from '../../execution/sender.ts';
import type { ApiBudget } from '../limits/api-budget.ts';
import { type BackoffPolicy, backoffMs, sleep } from '../process/backoff.ts';
import { checkSignature, outcomeOf, type RelayTakes, refusalHere } from './before-sending.ts';
import { type BundleResult, readBundleResult } from './bundle-result.ts';
import { createUnaryCall, grpcAddress, grpcFault, openGrpcClient, type UnaryCall } from './grpc-call.ts';
import { createJitoAuth } from './jito-auth.ts';
import { BUNDLE_ID } from './jito-sender.ts';
import type { LeaderWord } from './leader-gate.ts';
import { answerOfFault } from './relay-answer.ts';
import { createRelayDesk, type RelayDesk } from './relay-desk.ts';
import { searcherServices, type WireBundleResult } from './searcher-service.ts';

export interface JitoGrpcParams {
  /** `<relay>/<region>`. */
  readonly name: string;
  /** `http://` (plain) or `https://`. */
  readonly url: string;
  /** Of the key that Jito has admitted; without one nothing is proven, and the limit is the common one. */
  readonly authSecret?: Uint8Array | undefined;
  readonly requestsPerSecond: number;
  /** One attempt. Default 2 s. */
  readonly timeoutMs?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly budget: ApiBudget;
  readonly onResult?: (result: BundleResult) => void;
  /** After so long without any result while bundles wait for one, the stream is opened anew. Default 15 s. */
  readonly silenceMs?: number;
}

export interface ResultsStatus {
  readonly open: boolean;
  /** Times that the stream was opened. */
  readonly opened: number;
  readonly received: number;
  /** Results that say nothing that is known. */
  readonly unreadable: number;
  /** Bundles sent that have had no result; the last thousand. */
  readonly unanswered: number;
  /** Why it ended last; '' while it has not. */
  readonly problem: string;
}

/** A block engine by gRPC. */
export interface JitoGrpc {
  readonly host: string;
  /** Sends bundles of one transaction that it takes. */
  senderFor(takes: RelayTakes): Sender;
  readonly desk: RelayDesk;
  nextLeader(deadlineMicros: number): Promise<LeaderWord>;
  tipAccounts(deadlineMicros: number): Promise<readonly unknown[]>;
  /** Listens to results from now on, over every end of the stream. */
  listen(): void;
  results(): ResultsStatus;
  close(): void;
}

const REOPEN: BackoffPolicy = { minMs: 50, baseMs: 250, capMs: 10_000 };
const SILENCE_MS = 15_000;
const TIMEOUT_MS = 2_000;
const WAITING_MAX = 1_000;

/** Throws `grpc-url-invalid` and `jito-key-invalid`; connects only when first asked. */
export function createJitoGrpc(params: JitoGrpcParams): JitoGrpc {
  const { name, authSecret, clock, random, silenceMs = SILENCE_MS, timeoutMs = TIMEOUT_MS } = params;
  const address = grpcAddress(params.url);
  const { host } = address;
  const { searcher, auth: authService } = searcherServices();
  const client = openGrpcClient(searcher, address);
  const authClient = authSecret === undefined ? undefined : openGrpcClient(authService, address);
  const auth =
    authClient === undefined
      ? undefined
      : createJitoAuth(
          authSecret!,
          createUnaryCall(authClient, host, clock, async () => new Metadata()),
          clock,
        );
  const desk = createRelayDesk({ ...params, host });
  const unary = createUnaryCall(client, host, clock, metadata);
  const call: UnaryCall = async (method, ask, deadlineMicros) => {
    try {
      const soonest = clock.monotonicMicros() + timeoutMs * 1_000;
      return await unary(method, ask, Math.min(deadlineMicros, soonest));
    } catch (thrown) {
      noteRefusal(thrown);
      throw thrown;
    }
  };
  const closed = new AbortController();
  /** Monotonic microseconds of their sending. */
  const unanswered = new Map<string, number>();
  const counts = { opened: 0, received: 0, unreadable: 0 };
  let stream: ClientReadableStream<WireBundleResult> | undefined;
  let problem = '';
  let heardMicros = 0;
  let failures = 0;

  async function metadata(deadlineMicros: number): Promise<Metadata> {
    const sent = new Metadata();
    if (auth === undefined) return sent;
    try {
      sent.set('authorization', `Bearer ${await auth.token(deadlineMicros)}`);
      return sent;
    } catch (thrown) {
      if (!(thrown instanceof ArbError)) throw thrown;
      // Whatever became of asking who we are: the call itself was not sent.
      throw new ArbError(thrown.code, thrown.message, { ...thrown.context, unsent: true }, thrown);
    }
  }

  function noteRefusal(thrown: unknown): void {
    if (thrown instanceof ArbError && thrown.context.grpcCode === status.UNAUTHENTICATED) auth?.refused();
  }

  async function send(bytes: Uint8Array, deadlineMicros: number): Promise<string> {
    const packet = { data: Buffer.from(bytes), meta: { size: bytes.length } };
    const shared = { method: 'SendBundle', priority: 'execution', deadlineMicros } as const;
    const answer = await desk.run(shared, () =>
      call('SendBundle', { bundle: { packets: [packet] } }, deadlineMicros),
    );
    const { uuid } = answer as { readonly uuid: string };
    if (BUNDLE_ID.test(uuid)) return uuid;
    throw new ArbError('rpc-bad-answer', `SendBundle: ${host} answers no bundle id`, {
      problem: 'no bundle id',
    });
  }

  function open(): void {
    metadata(clock.monotonicMicros() + silenceMs * 1_000).then(
      (sent) => {
        if (closed.signal.aborted) return;
        counts.opened++;
        heardMicros = clock.monotonicMicros();
        const subscribe = client as unknown as {
          SubscribeBundleResults(ask: object, sent: Metadata): ClientReadableStream<WireBundleResult>;
        };
        const opened = subscribe.SubscribeBundleResults({}, sent);
        stream = opened;
        opened.on('data', take);
        opened.on('error', (error: ServiceError) =>
          ended(opened, grpcFault('SubscribeBundleResults', host, error, sent)),
        );
        opened.on('end', () => ended(opened, new Error('the stream has ended')));
      },
      (thrown: unknown) => ended(undefined, thrown),
    );
  }

  /** Whatever ended it, a quiet end too: it is opened again. */
  function ended(which: ClientReadableStream<WireBundleResult> | undefined, thrown: unknown): void {
    if (which !== stream || closed.signal.aborted) return;
    stream = undefined;
    problem = errorText(thrown);
    noteRefusal(thrown);
    void sleep(backoffMs(REOPEN, failures++, random), closed.signal).then((over) => {
      if (over) open();
    });
  }

  function take(wire: WireBundleResult): void {
    counts.received++;
    failures = 0;
    problem = '';
    heardMicros = clock.monotonicMicros();
    const result = readBundleResult(wire);
    if (result === undefined) {
      counts.unreadable++;
      return;
    }
    unanswered.delete(result.bundleId);
    params.onResult?.(result);
  }

  /** A stream that says nothing while bundles wait may be dead on a connection that lives. */
  const watch = setInterval(
    () => {
      const oldest = unanswered.values().next().value;
      const before = clock.monotonicMicros() - silenceMs * 1_000;
      if (stream === undefined || oldest === undefined || oldest > before || heardMicros > before) return;
      const silent = stream;
      // Those have been waited for; the new stream is judged by new ones.
      unanswered.clear();
      silent.cancel();
      ended(silent, new Error(`no result in ${silenceMs} ms while bundles wait`));
    },
    Math.max(10, silenceMs / 4),
  );
  watch.unref();

  const senderFor = (takes: RelayTakes): Sender => ({
    name,
    relay: takes.relay,
    async send(bytes, signature, terms) {
      checkSignature(bytes, signature);
      const refused = refusalHere(takes, terms);
      if (refused !== undefined) return refused;
      try {
        const bundleId = await send(bytes, terms.deadlineMicros);
        unanswered.set(bundleId, clock.monotonicMicros());
        if (unanswered.size > WAITING_MAX) unanswered.delete(unanswered.keys().next().value!);
        return { verdict: 'sent', reason: 'accepted', detail: '', bundleId };
      } catch (thrown) {
        return outcomeOf(answerOfFault('jito', thrown));
      }
    },
  });

  return {
    host,
    senderFor,
    desk,
    async nextLeader(deadlineMicros) {
      const asked = { method: 'GetNextScheduledLeader', priority: 'confirmation', deadlineMicros } as const;
      const answer = await desk.run(asked, () => call(asked.method, { regions: [] }, deadlineMicros));
      const { currentSlot, nextLeaderSlot, nextLeaderIdentity } = answer as Record<string, string>;
      return {
        currentSlot: Number(currentSlot),
        nextLeaderSlot: Number(nextLeaderSlot),
        leader: nextLeaderIdentity ?? '',
        heardMicros: clock.monotonicMicros(),
      };
    },
    async tipAccounts(deadlineMicros) {
      const asked = { method: 'GetTipAccounts', priority: 'reports', deadlineMicros } as const;
      const answer = await desk.run(asked, () => call(asked.method, {}, deadlineMicros));
      return (answer as { readonly accounts: readonly string[] }).accounts;
    },
    listen() {
      if (stream === undefined && counts.opened === 0) open();
    },
    results: () => ({ open: stream !== undefined, ...counts, unanswered: unanswered.size, problem }),
    close() {
      closed.abort();
      clearInterval(watch);
      stream?.on('error', () => undefined);
      stream?.cancel();
      client.close();
      authClient?.close();
    },
  };
}
