import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { ArbError } from '../../../core/errors.ts';
import { retryAfterMs } from '../../http/retry-after.ts';
import { endpointSentence } from '../../rpc/endpoint-sentence.ts';
import type { StreamEnd } from './stream-transport.ts';

export interface WsConnectionOptions {
  readonly url: string;
  /** Sent with the handshake. */
  readonly headers?: Readonly<Record<string, string>>;
  /** From the first packet to the end of the WebSocket handshake. */
  readonly handshakeTimeoutMs: number;
  /** The connection is dropped when no frame came for this long (at most a quarter more), or no pong. */
  readonly silenceMs: number;
  /** True: a pong is life enough, as where nothing may happen for hours. Default false. */
  readonly isQuiet?: () => boolean;
  readonly maxFrameBytes: number;
  readonly onOpen: () => void;
  /** Called in the same turn as the socket's data event. */
  readonly onFrame: (frame: Buffer, isBinary: boolean) => void;
  /** Once, whatever ended it, unless `close` did. */
  readonly onEnd: (end: StreamEnd) => void;
}

export interface WsConnection {
  send(text: string): void;
  /** Ends it from our side and tells `onEnd`. */
  drop(reason: string): void;
  /** Ends it without telling. Resolves when the socket is gone, at the latest after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

const TICKS_OF_SILENCE = 4;
/** Of the body of a refused handshake. */
const REFUSAL_BYTES = 2_048;
const REFUSAL_MS = 500;
const POLICY_VIOLATION = 1_008;
const TRY_AGAIN_LATER = 1_013;
/** From here on a code is the provider's own. */
const OWN_CODES = 4_000;

/** Host and port of a ws:// or wss:// URL. Throws `ws-url-invalid`, which shows no more of the URL than that. */
export function webSocketHost(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null || (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:')) {
    const host = parsed?.host ?? '';
    throw new ArbError('ws-url-invalid', 'the WebSocket URL is not a ws:// or wss:// address', { host });
  }
  return parsed.host;
}

/** Opens one WebSocket and watches over it. Never reconnects: an ended connection is thrown away. */
export function openWsConnection(options: WsConnectionOptions): WsConnection {
  const { silenceMs } = options;
  const socket = new WebSocket(options.url, {
    handshakeTimeout: options.handshakeTimeoutMs,
    maxPayload: options.maxFrameBytes,
    perMessageDeflate: false,
    followRedirects: false,
    headers: { ...options.headers },
  });
  // Silence is counted in ticks and not in time: after a stall of this process one tick fires before the frames that
  // waited in the socket are read, and that must not look like a dead node.
  let ticksSinceFrame = 0;
  let ticksSincePong = 0;
  let ended = false;
  let fault = '';
  let refusal: StreamEnd | undefined;
  // ws counts the silence between packets; a server that trickles its handshake must end too.
  const handshake = setTimeout(() => drop('handshake-timeout'), options.handshakeTimeoutMs);
  let ticksClosing = 0;
  const watchdog = setInterval(() => {
    if (socket.readyState === WebSocket.CLOSING) {
      // Said to end, and it does not: ws would wait for half a minute. What it said is told by 'close' all the same.
      if (ticksClosing++ > 0) socket.terminate();
      return;
    }
    if (socket.readyState !== WebSocket.OPEN) return;
    if (ticksSinceFrame > TICKS_OF_SILENCE && options.isQuiet?.() !== true) drop('silent');
    else if (ticksSincePong > TICKS_OF_SILENCE) drop('no-pong');
    else {
      ticksSinceFrame++;
      ticksSincePong++;
      socket.ping();
    }
  }, silenceMs / TICKS_OF_SILENCE);

  function end(): boolean {
    if (ended) return false;
    ended = true;
    clearInterval(watchdog);
    clearTimeout(handshake);
    return true;
  }

  function drop(reason: string): void {
    if (!end()) return;
    socket.terminate();
    options.onEnd({ reason, refused: false });
  }

  /** The handshake was answered, and not with a WebSocket: what the provider says is kept. */
  socket.on('unexpected-response', (request, response: IncomingMessage) => {
    const status = response.statusCode ?? 0;
    let body = '';
    const give = (): void => {
      clearTimeout(late);
      request.destroy();
      const said = endpointSentence(body, options);
      const retryAfter = retryAfterMs(response.headers['retry-after'], Date.now());
      refusal = {
        reason: `refused ${status}${said === '' ? '' : `: ${said}`}`,
        refused: true,
        ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
      };
      if (end()) options.onEnd(refusal);
      socket.terminate();
    };
    const late = setTimeout(give, REFUSAL_MS);
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      body += chunk;
      if (body.length >= REFUSAL_BYTES) response.destroy();
    });
    response.once('close', give);
    response.on('error', () => {});
  });

  socket.on('open', () => {
    clearTimeout(handshake);
    if (!ended) options.onOpen();
  });
  socket.on('message', (data, isBinary) => {
    if (ended) return;
    ticksSinceFrame = 0;
    // With ws's default binaryType a message is one Buffer.
    options.onFrame(data as Buffer, isBinary);
  });
  socket.on('pong', () => {
    ticksSincePong = 0;
  });
  socket.on('error', (error: Error & { code?: string }) => {
    // 'close' always follows and says that it is over; a message could quote the URL, a code cannot.
    fault = error.code ?? error.name;
  });
  socket.on('close', (code, text: Buffer) => {
    if (!end()) return;
    const said = endpointSentence(text.toString('utf8'), options);
    const reason = `closed ${code}${fault === '' ? '' : ` (${fault})`}${said === '' ? '' : `: ${said}`}`;
    const refused = code === POLICY_VIOLATION || code === TRY_AGAIN_LATER || code >= OWN_CODES;
    options.onEnd({ reason, refused });
  });

  return {
    send(text) {
      if (!ended && socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    drop,
    async close(graceMs) {
      end();
      if (socket.readyState === WebSocket.CLOSED) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => socket.terminate(), graceMs);
        socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        socket.close(1000);
      });
    },
  };
}
