import type { ServerResponse } from 'node:http';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import type { HttpAct, HttpAsk } from './provider-row.ts';

const MIB = 1_024 * 1_024;
const CHUNK = Buffer.alloc(256 * 1_024, 0x41);

/** The start of a sound answer to the first call asked, up to where its result begins. */
function head({ calls: [call] }: HttpAsk): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(call?.id ?? null)},"result":`;
}

/** A text of `A`s that never ends, as fast as it is read. */
export function endless(ask: HttpAsk): HttpAct {
  return {
    write(response) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`${head(ask)}"`);
      return pour(response, CHUNK);
    },
  };
}

/** Spaces before the answer that never ends. */
export function endlessBlank(): HttpAct {
  return {
    write(response) {
      response.writeHead(200, { 'content-type': 'application/json' });
      return pour(response, Buffer.alloc(CHUNK.length, 0x20));
    },
  };
}

/** A refusal whose sentence never ends. */
export function endlessRefusal(status: number): HttpAct {
  return {
    write(response) {
      response.writeHead(status, { 'content-type': 'text/plain' });
      return pour(response, CHUNK);
    },
  };
}

/** A sound answer, a byte every now and then, for ever. */
export function drip(ask: HttpAsk): HttpAct {
  return {
    write(response) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(`${head(ask)}"`);
      const timer = setInterval(() => response.write('A'), 20);
      return () => clearInterval(timer);
    },
  };
}

/** Lists in lists, `depth` of them, closed again. */
export function deep(ask: HttpAsk, depth: number): HttpAct {
  return { reply: { status: 200, body: `${head(ask)}${'['.repeat(depth)}${']'.repeat(depth)}}` } };
}

/** A list of so many empty objects: three bytes each on the wire, many times that in memory. */
export function wide(ask: HttpAsk, members: number): HttpAct {
  return {
    write(response) {
      response.writeHead(200, { 'content-type': 'application/json' });
      const rest = Buffer.from('{},'.repeat(64 * 1_024));
      let left = members;
      response.write(`${head(ask)}[`);
      const more = (): void => {
        while (left > 0 && !response.destroyed) {
          left -= 64 * 1_024;
          if (!response.write(rest)) return;
        }
        if (!response.destroyed) response.end('{}]}');
      };
      response.on('drain', more);
      more();
      return () => response.off('drain', more);
    },
  };
}

const PACK = {
  gzip: (bytes: Buffer) => gzipSync(bytes, { level: 1 }),
  br: (bytes: Buffer) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  deflate: (bytes: Buffer) => deflateSync(bytes, { level: 1 }),
};
const MADE_MIB = 64;
const made = new Map<Encoding, Buffer>();

export type Encoding = keyof typeof PACK;

/**
 * A small body that is very long once decoded: 64 MiB of blanks, and of gzip, which may follow itself, sixteen times
 * that. It is made once.
 */
export function bomb(encoding: Encoding): HttpAct {
  let body = made.get(encoding);
  if (body === undefined) {
    const one = PACK[encoding](Buffer.alloc(MADE_MIB * MIB, 0x20));
    body = encoding === 'gzip' ? Buffer.concat(Array.from({ length: 16 }, () => one)) : one;
    made.set(encoding, body);
  }
  return {
    reply: {
      status: 200,
      headers: { 'content-type': 'application/json', 'content-encoding': encoding },
      body,
    },
  };
}

/** The text, encoded as the header will say. */
export function encoded(encoding: Encoding, text: string) {
  const body = PACK[encoding](Buffer.from(text));
  return { status: 200, headers: { 'content-type': 'application/json', 'content-encoding': encoding }, body };
}

function pour(response: ServerResponse, chunk: Buffer): () => void {
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on('drain', more);
  more();
  return () => response.off('drain', more);
}
