import { FrameDecoder } from './frame.ts';
import type { StreamTransport } from './stream-transport.ts';
import { requestJson } from './subscription-id.ts';
import { openWsConnection, webSocketHost } from './ws-connection.ts';

/** Solana's JSON-RPC subscriptions over a WebSocket. Throws `ws-url-invalid`. */
export function createWsTransport(endpoint: {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}): StreamTransport {
  const { url, headers } = endpoint;
  const decoder = new FrameDecoder();
  return {
    host: webSocketHost(url),
    open({ onMessage, ...options }) {
      const connection = openWsConnection({
        ...options,
        url,
        ...(headers === undefined ? {} : { headers }),
        onFrame(frame, isBinary) {
          if (isBinary) decoder.problem = 'binary frame';
          onMessage(isBinary ? 'bad' : decoder.decode(frame), decoder, frame.length);
        },
      });
      return {
        send: ({ id, method, params }) => connection.send(requestJson(id, method, params)),
        drop: (reason) => connection.drop(reason),
        close: (graceMs) => connection.close(graceMs),
      };
    },
  };
}
