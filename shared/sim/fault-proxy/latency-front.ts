import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An HTTP server far away: every answer comes so much later. */
export interface LatencyFront {
  readonly url: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Passes requests on to `url`, each after `latencyMs`. Listens on loopback. */
export async function openLatencyFront(url: string, latencyMs: number): Promise<LatencyFront> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => response.destroy());
    request.on('end', () => {
      const timer = setTimeout(() => {
        const { 'content-type': type = 'application/json' } = request.headers;
        const upstream = httpRequest(url, { method: 'POST', headers: { 'content-type': type } }, (answer) => {
          response.writeHead(answer.statusCode ?? 502, { 'content-type': 'application/json' });
          answer.pipe(response);
        });
        upstream.on('error', () => response.destroy());
        upstream.end(Buffer.concat(chunks));
      }, latencyMs);
      response.on('close', () => clearTimeout(timer));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, () => resolve());
  });
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
