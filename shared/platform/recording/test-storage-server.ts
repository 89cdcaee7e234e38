import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32c } from './test-crc32c.ts';

/** Cloud Storage's JSON API on loopback, as much of it as a multipart upload needs. */
export interface StorageServer {
  readonly url: string;
  /** By `bucket/name`. */
  readonly objects: ReadonlyMap<string, Buffer>;
  readonly requests: number;
  /** Answers the next uploads with this status instead. */
  fail(status: number, times: number): void;
  close(): Promise<void>;
}

export async function startStorageServer(): Promise<StorageServer> {
  const objects = new Map<string, Buffer>();
  let failing = { status: 0, times: 0 };
  let requests = 0;
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      requests += 1;
      const answer = (status: number, value: unknown): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      };
      if (failing.times > 0) {
        failing = { ...failing, times: failing.times - 1 };
        answer(failing.status, { error: { code: failing.status, message: 'as told' } });
        return;
      }
      const url = new URL(request.url ?? '', 'http://storage');
      const [, bucket] = /^\/upload\/storage\/v1\/b\/([^/]+)\/o$/.exec(url.pathname) ?? [];
      const [, boundary] = /boundary="?([^";]+)"?/.exec(request.headers['content-type'] ?? '') ?? [];
      if (request.method !== 'POST' || bucket === undefined || boundary === undefined) {
        answer(404, { error: { code: 404, message: `no ${request.method} ${request.url}` } });
        return;
      }
      const parts = multipart(body, boundary);
      const metadata: unknown = JSON.parse(parts[0]?.toString() ?? '{}');
      const named =
        typeof metadata === 'object' && metadata !== null && 'name' in metadata ? metadata.name : undefined;
      const name = String(named ?? url.searchParams.get('name'));
      const content = parts[1] ?? Buffer.alloc(0);
      objects.set(`${bucket}/${name}`, content);
      answer(200, {
        kind: 'storage#object',
        bucket,
        name,
        size: String(content.length),
        crc32c: crc32c(content),
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    objects,
    get requests() {
      return requests;
    },
    fail(status, times) {
      failing = { status, times };
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The bodies of the parts of a multipart/related message. */
function multipart(body: Buffer, boundary: string): Buffer[] {
  const parts: Buffer[] = [];
  const line = Buffer.from(`--${boundary}`);
  for (let at = body.indexOf(line); at >= 0; ) {
    const next = body.indexOf(line, at + line.length);
    if (next < 0) break;
    const part = body.subarray(at + line.length, next);
    const head = part.indexOf('\r\n\r\n');
    parts.push(part.subarray(head + 4, part.length - 2));
    at = next;
  }
  return parts;
}
