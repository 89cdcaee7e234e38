import { type ClientDuplexStream, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { ArbError } from '../../../../core/errors.ts';
import { retryAfterMs } from '../../../http/retry-after.ts';
import { endpointSentence } from '../../../rpc/endpoint-sentence.ts';
import type { Commitment } from '../../../rpc/rpc-client.ts';
import type {
  StreamConnection,
  StreamEnd,
  StreamTransport,
  StreamTransportOptions,
} from '../stream-transport.ts';
import { type GeyserRequest, type GeyserUpdate, geyserService } from './service.ts';
import { YellowstoneSubscriptions } from './subscriptions.ts';

export interface YellowstoneEndpoint {
  /** `http://` (plain) or `https://`. */
  readonly url: string;
  /** Sent as `x-token`. */
  readonly token?: string | undefined;
  readonly commitment: Commitment;
}

/** The service was reached and would not: what it says of the limit or the key is kept. */
const REFUSALS: readonly status[] = [
  status.RESOURCE_EXHAUSTED,
  status.UNAUTHENTICATED,
  status.PERMISSION_DENIED,
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.NOT_FOUND,
  status.UNIMPLEMENTED,
];

type Stream = ClientDuplexStream<GeyserRequest, GeyserUpdate>;

const TICKS_OF_SILENCE = 4;

/** The Yellowstone gRPC interface (Helius LaserStream, Triton) of an endpoint. Throws `grpc-url-invalid`. */
export function createYellowstoneTransport(endpoint: YellowstoneEndpoint): StreamTransport {
  const target = URL.parse(endpoint.url);
  if (target === null || (target.protocol !== 'http:' && target.protocol !== 'https:')) {
    const host = target?.host ?? '';
    throw new ArbError('grpc-url-invalid', 'the gRPC URL is not an http:// or https:// address', { host });
  }
  const secure = target.protocol === 'https:';
  const address = target.port === '' ? `${target.hostname}:${secure ? 443 : 80}` : target.host;
  return { host: target.host, open: (options) => open(endpoint, address, secure, options) };
}

function open(
  { url, token, commitment }: YellowstoneEndpoint,
  address: string,
  secure: boolean,
  options: StreamTransportOptions,
): StreamConnection {
  const { silenceMs, handshakeTimeoutMs, maxFrameBytes, onOpen, onEnd } = options;
  const client = new (geyserService().Client)(
    address,
    secure ? credentials.createSsl() : credentials.createInsecure(),
    { 'grpc.max_receive_message_length': maxFrameBytes, 'grpc.enable_retries': 0 },
  );
  let stream: Stream | undefined;
  let ended = false;
  let ticksSinceUpdate = 0;

  const subscriptions = new YellowstoneSubscriptions({
    commitment,
    write: (request) => stream?.write(request),
    onMessage: options.onMessage,
  });

  // Silence is counted in ticks and not in time, as on a WebSocket: a stall of this process is not the node's.
  const watchdog = setInterval(() => {
    if (stream === undefined) return;
    if (ticksSinceUpdate > TICKS_OF_SILENCE) {
      drop('silent');
      return;
    }
    ticksSinceUpdate++;
    subscriptions.ping();
  }, silenceMs / TICKS_OF_SILENCE);

  function end(): boolean {
    if (ended) return false;
    ended = true;
    clearInterval(watchdog);
    return true;
  }

  function drop(reason: string): void {
    over({ reason, refused: false });
  }

  function over(why: StreamEnd): void {
    if (!end()) return;
    stream?.cancel();
    client.close();
    onEnd(why);
  }

  client.waitForReady(Date.now() + handshakeTimeoutMs, (error) => {
    if (ended) return;
    if (error !== undefined && error !== null) {
      drop('unreachable');
      return;
    }
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('x-token', token);
    const subscribe = client.Subscribe!.bind(client) as unknown as (metadata: Metadata) => Stream;
    const opened = subscribe(metadata);
    stream = opened;
    opened.on('data', (update: GeyserUpdate) => {
      if (ended) return;
      ticksSinceUpdate = 0;
      subscriptions.take(update);
    });
    opened.on('error', (thrown: ServiceError) => over(endOf(thrown, { url, token })));
    opened.on('end', () => drop('closed'));
    onOpen();
  });

  return {
    send: (request) => {
      if (!ended && stream !== undefined) subscriptions.ask(request);
    },
    drop,
    close() {
      if (end()) {
        stream?.cancel();
        client.close();
      }
      return Promise.resolve();
    },
  };
}

function endOf(
  thrown: ServiceError,
  secrets: { readonly url: string; readonly token?: string | undefined },
): StreamEnd {
  const said = endpointSentence(thrown.details ?? '', secrets);
  const { metadata } = thrown;
  const header = (name: string): string | undefined => metadata?.get(name)[0]?.toString();
  const pushback = header('grpc-retry-pushback-ms');
  const retryAfter =
    pushback === undefined ? retryAfterMs(header('retry-after'), Date.now()) : Number(pushback);
  return {
    reason: `closed ${status[thrown.code] ?? thrown.code}${said === '' ? '' : `: ${said}`}`,
    refused: REFUSALS.includes(thrown.code),
    ...(retryAfter !== undefined && Number.isFinite(retryAfter) ? { retryAfterMs: retryAfter } : {}),
  };
}
