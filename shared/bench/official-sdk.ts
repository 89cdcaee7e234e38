import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Where `npm run bench:sdks` puts the official SDKs: outside the product's dependencies. */
export const SDK_FOLDER: string = fileURLToPath(new URL('../../.bench-sdks', import.meta.url));

/** A module of an official SDK, for use as a baseline; undefined when the SDKs are not installed. */
export function officialSdk(name: string): unknown {
  if (!existsSync(`${SDK_FOLDER}/node_modules/${name}`)) return undefined;
  return createRequire(`${SDK_FOLDER}/package.json`)(name);
}
