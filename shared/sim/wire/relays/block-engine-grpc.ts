import { createPublicKey, randomBytes, verify } from 'node:crypto';
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import bs58 from 'bs58';
import { ArbError, errorText } from '../../../core/errors.ts';
import { searcherServices, type WireBundleResult } from '../../../platform/relays/searcher-service.ts';
import type { Bank } from '../../chain/bank.ts';
import type { BlockEngine, BundleNews } from './block-engine.ts';
import { checkedBundle } from './bundle.ts';

export interface BlockEngineGrpcOptions {
  readonly bank: Bank;
  readonly engine: BlockEngine;
  /** Public key that may speak, in base58; anybody may without it. */
  readonly admitted?: string;
  /** How long an access token holds. Default an hour. */
  readonly tokenMs?: number;
}

export interface GrpcRefusal {
  readonly code: status;
  readonly details: string;
}

export interface BlockEngineGrpc {
  /** `http://127.0.0.1:PORT`: plain gRPC. */
  readonly url: string;
  /** Streams of results that are open. */
  readonly streams: number;
  /** Times that somebody proved by key who he is. */
  readonly proven: number;
  /** Times that a token was given for a refresh token. */
  readonly refreshed: number;
  /** While there is one every SendBundle is refused so. */
  refusal: GrpcRefusal | undefined;
  /** While true SendBundle gets no answer, and streams tell nothing. */
  silent: boolean;
  /** How long access tokens hold that are given from now on. */
  tokenMs: number;
  /** Ends every stream: with a status, or as if all were well. */
  endStreams(refusal?: GrpcRefusal): void;
  /** Nobody's token holds any more. */
  revoke(): void;
  stop(): Promise<void>;
}

type Stream = ServerWritableStream<object, WireBundleResult>;
type Handler = (call: ServerUnaryCall<never, object>, done: sendUnaryData<object>) => void;

const HOST = '127.0.0.1';
const HOUR_MS = 3_600_000;
/** A refresh token outlives the access token by so much. */
const REFRESH_TIMES = 10;
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const DROPPED = { 'blockhash-expired': 0, 'not-finalized': 2 } as const;

/** The gRPC interface of a local block engine: bundles, results, leaders, tip accounts, and who may speak. */
export async function startBlockEngineGrpc(options: BlockEngineGrpcOptions): Promise<BlockEngineGrpc> {
  const { bank, engine, admitted } = options;
  const streams = new Set<Stream>();
  const challenges = new Set<string>();
  const tokens = new Map<string, number>();
  const state = {
    refusal: undefined as GrpcRefusal | undefined,
    silent: false,
    proven: 0,
    refreshed: 0,
    tokenMs: options.tokenMs ?? HOUR_MS,
  };

  function isAdmitted(authorization: unknown): boolean {
    if (admitted === undefined) return true;
    return (tokens.get(String(authorization).replace('Bearer ', '')) ?? 0) > Date.now();
  }

  /** Answers what the handler gives; its `rpc-refused` is an INVALID_ARGUMENT, in the same words. */
  function guarded(answer: (ask: never) => object): Handler {
    return (call, done) => {
      if (!isAdmitted(call.metadata.get('authorization')[0])) {
        done({ code: status.UNAUTHENTICATED, details: 'The token is missing or has expired' });
        return;
      }
      try {
        done(null, answer(call.request));
      } catch (thrown) {
        const isOurs = thrown instanceof ArbError && thrown.code === 'rpc-refused';
        done({ code: isOurs ? status.INVALID_ARGUMENT : status.INTERNAL, details: errorText(thrown) });
      }
    };
  }

  const sendBundle = guarded(({ bundle }: { bundle: { packets: { data: Buffer }[] } | null }) => {
    const packets = bundle?.packets ?? [];
    const read = checkedBundle(
      bank,
      packets.map(({ data }) => Uint8Array.from(data)),
      engine.rules,
    );
    engine.submit(read);
    return { uuid: read.id };
  });

  const searcher = {
    SendBundle: ((call, done) => {
      if (state.refusal !== undefined) done(state.refusal);
      else if (!state.silent) sendBundle(call, done);
    }) as Handler,
    GetTipAccounts: guarded(() => ({ accounts: [...engine.rules.tipAccounts] })),
    GetNextScheduledLeader: guarded(() => {
      const next = engine.leaders.nextConnected(bank.slot);
      return {
        currentSlot: bank.slot,
        nextLeaderSlot: next?.slot ?? 0,
        nextLeaderIdentity: next?.identity ?? '',
      };
    }),
    SubscribeBundleResults(stream: Stream) {
      if (!isAdmitted(stream.metadata.get('authorization')[0])) {
        stream.emit('error', {
          code: status.UNAUTHENTICATED,
          details: 'The token is missing or has expired',
        });
        return;
      }
      streams.add(stream);
      stream.on('cancelled', () => streams.delete(stream));
      stream.on('error', () => streams.delete(stream));
    },
  };

  function token(holdsMs: number) {
    const value = randomBytes(16).toString('hex');
    const untilMs = Date.now() + holdsMs;
    tokens.set(value, untilMs);
    return { value, expiresAtUtc: { seconds: Math.floor(untilMs / 1_000), nanos: 0 } };
  }

  const auth = {
    GenerateAuthChallenge: ((call, done) => {
      const { role, pubkey } = call.request as { role: number; pubkey: Buffer };
      if (role !== 1 || bs58.encode(pubkey) !== admitted) {
        done({
          code: status.PERMISSION_DENIED,
          details: 'The supplied pubkey is not authorized to generate a token',
        });
        return;
      }
      const challenge = randomBytes(8).toString('hex');
      challenges.add(challenge);
      done(null, { challenge });
    }) as Handler,
    GenerateAuthTokens: ((call, done) => {
      const { challenge, clientPubkey, signedChallenge } = call.request as {
        challenge: string;
        clientPubkey: Buffer;
        signedChallenge: Buffer;
      };
      const [owner = '', word = ''] = challenge.split('-');
      const der = Buffer.concat([SPKI_PREFIX, clientPubkey]);
      const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
      const isHis = owner === bs58.encode(clientPubkey) && owner === admitted && challenges.delete(word);
      if (!isHis || !verify(null, Buffer.from(challenge), key, signedChallenge)) {
        done({ code: status.UNAUTHENTICATED, details: 'The challenge is not signed' });
        return;
      }
      state.proven++;
      done(null, { accessToken: token(state.tokenMs), refreshToken: token(REFRESH_TIMES * state.tokenMs) });
    }) as Handler,
    RefreshAccessToken: ((call, done) => {
      const { refreshToken } = call.request as { refreshToken: string };
      if (!isAdmitted(refreshToken)) {
        done({ code: status.UNAUTHENTICATED, details: 'The refresh token has expired' });
        return;
      }
      state.refreshed++;
      done(null, { accessToken: token(state.tokenMs) });
    }) as Handler,
  };

  const services = searcherServices();
  const server = new Server();
  server.addService(services.searcher.definition, searcher as never);
  server.addService(services.auth.definition, auth as never);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${HOST}:0`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const stopNews = engine.onNews((bundleId, news) => {
    if (state.silent) return;
    for (const stream of streams) stream.write({ bundleId, ...wireOf(news) } as WireBundleResult);
  });

  function endStreams(refusal?: GrpcRefusal): void {
    for (const stream of streams) {
      if (refusal === undefined) stream.end();
      else stream.emit('error', refusal);
    }
    streams.clear();
  }

  return {
    url: `http://${HOST}:${port}`,
    get streams() {
      return streams.size;
    },
    get proven() {
      return state.proven;
    },
    get refreshed() {
      return state.refreshed;
    },
    get refusal() {
      return state.refusal;
    },
    set refusal(next) {
      state.refusal = next;
    },
    get silent() {
      return state.silent;
    },
    set silent(next) {
      state.silent = next;
    },
    get tokenMs() {
      return state.tokenMs;
    },
    set tokenMs(next) {
      state.tokenMs = next;
    },
    endStreams,
    revoke: () => tokens.clear(),
    async stop() {
      stopNews();
      endStreams();
      server.forceShutdown();
    },
  };
}

function wireOf(news: BundleNews): object {
  switch (news.kind) {
    case 'accepted':
    case 'processed':
      return { [news.kind]: { slot: news.slot, validatorIdentity: news.validator } };
    case 'bid-rejected': {
      const { auctionId, simulatedBidLamports } = news;
      return {
        rejected: {
          stateAuctionBidRejected: { auctionId, simulatedBidLamports: String(simulatedBidLamports) },
        },
      };
    }
    case 'simulation-failed':
      return { rejected: { simulationFailure: { txSignature: news.signature, msg: news.message } } };
    case 'finalized':
      return { finalized: {} };
    case 'dropped':
      return { dropped: { reason: DROPPED[news.reason] } };
  }
}
