import { type Client, credentials, type Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Clock } from '../../core/clock.ts';
import { ArbError } from '../../core/errors.ts';
import { refusalKind } from '../http/refusal.ts';
import { createSecretMask, sentenceOf } from '../http/secrets.ts';
import type { GrpcService } from './searcher-service.ts';

/** One call of a service, once. Throws ArbError `rpc-unreachable` with `grpcCode`, `kind`, `message` and `unsent`. */
export type UnaryCall = (method: string, request: object, deadlineMicros: number) => Promise<unknown>;

/** Where a gRPC service stands: `http://` is plain. */
export interface GrpcAddress {
  readonly host: string;
  readonly target: string;
  readonly secure: boolean;
}

const MAX_ANSWER_BYTES = 256 * 1_024;
const KEEPALIVE_MS = 10_000;

/** Throws `grpc-url-invalid`. */
export function grpcAddress(url: string): GrpcAddress {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    const host = parsed?.host ?? '';
    throw new ArbError('grpc-url-invalid', 'the gRPC URL is not an http:// or https:// address', { host });
  }
  const secure = parsed.protocol === 'https:';
  const target = parsed.port === '' ? `${parsed.hostname}:${secure ? 443 : 80}` : parsed.host;
  return { host: parsed.host, target, secure };
}

/** Never repeats a call by itself. Connects only when first asked. */
export function openGrpcClient({ Client }: GrpcService, { target, secure }: GrpcAddress): Client {
  return new Client(target, secure ? credentials.createSsl() : credentials.createInsecure(), {
    'grpc.enable_retries': 0,
    'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
  });
}

type Unary = (
  request: object,
  metadata: Metadata,
  options: { readonly deadline: Date },
  callback: (error: ServiceError | null, answer: unknown) => void,
) => unknown;

/** Calls methods of a client, with what `metadata` says of us. */
export function createUnaryCall(
  client: Client,
  host: string,
  clock: Clock,
  metadata: (deadlineMicros: number) => Promise<Metadata>,
): UnaryCall {
  return async (method, request, deadlineMicros) => {
    const sent = await metadata(deadlineMicros);
    const leftMs = (deadlineMicros - clock.monotonicMicros()) / 1_000;
    const deadline = new Date(Date.now() + Math.max(0, leftMs));
    return new Promise((resolve, reject) => {
      (client as unknown as Record<string, Unary>)[method]!(request, sent, { deadline }, (error, answer) =>
        error === null ? resolve(answer) : reject(grpcFault(method, host, error, sent)),
      );
    });
  };
}

/** `rpc-unreachable`, with all that the table of verdicts goes by, and without the token that was sent. */
export function grpcFault(method: string, host: string, error: ServiceError, sent: Metadata): ArbError {
  const { code, details } = error;
  const tokens = sent.get('authorization').map((value) => String(value).replace(/^Bearer /, ''));
  const message = sentenceOf(details, createSecretMask(tokens));
  return new ArbError('rpc-unreachable', `${method}: ${host} answers ${status[code]}: ${message}`, {
    method,
    host,
    grpcCode: code,
    kind: refusalKind({ grpcCode: code, text: message }),
    message,
    why: status[code],
  });
}
