import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One static file in memory, ready to send. */
export interface Asset {
  readonly contentType: string;
  readonly etag: string;
  readonly body: Buffer;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const VENDOR_FILES: Readonly<Record<string, string>> = {
  '/vendor/uplot.js': 'uplot/dist/uPlot.esm.js',
  '/vendor/uplot.css': 'uplot/dist/uPlot.min.css',
};

const TOKEN_MARK = '__CONTROL_TOKEN__';

/**
 * Every file of the page by its URL path, read once: no request ever names a file on disk. The page at `/` carries
 * `control`: its token, `secret` when a person has to type one, `nobody` when controls are off. Rejects when a file cannot be read.
 */
export async function loadAssets(control: string): Promise<ReadonlyMap<string, Asset>> {
  const assets = new Map<string, Asset>();
  const folder = new URL('../dashboard/page/', import.meta.url);
  for (const name of await readdir(folder)) {
    const contentType = CONTENT_TYPES[extname(name)];
    if (contentType === undefined) continue;
    const body = await readFile(new URL(name, folder));
    if (name === 'index.html') {
      const page = Buffer.from(body.toString('utf8').replace(TOKEN_MARK, control));
      assets.set('/', asset(page, contentType));
    } else {
      assets.set(`/${name}`, asset(body, contentType));
    }
  }
  for (const [path, file] of Object.entries(VENDOR_FILES)) {
    const body = await readFile(fileURLToPath(import.meta.resolve(file)));
    assets.set(path, asset(body, CONTENT_TYPES[extname(path)]!));
  }
  return assets;
}

function asset(body: Buffer, contentType: string): Asset {
  const digest = createHash('sha256').update(body).digest('base64url').slice(0, 22);
  return { body, contentType, etag: `"${digest}"` };
}
