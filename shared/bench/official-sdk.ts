import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Where `npm run bench:sdks` puts the official SDKs: outside the product's dependencies. */
export const SDK_FOLDER: string = fileURLToPath(new URL('../../.bench-sdks', import.meta.url));

/**
 * A module of an official SDK, for use as a baseline; undefined when the SDKs are not installed. `of` asks for the
 * version of a package that this SDK itself brings along. CommonJS, because not every SDK's ES module loads in Node.
 */
export function officialSdk(name: string, of?: string): unknown {
  const parts = (of ?? name).split('/');
  const owner = (of ?? name).startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
  if (!existsSync(`${SDK_FOLDER}/node_modules/${owner}`)) return undefined;
  const from = of === undefined ? SDK_FOLDER : `${SDK_FOLDER}/node_modules/${owner}`;
  return createRequire(`${from}/package.json`)(name);
}
