import { fileURLToPath } from 'node:url';

/** Where `npm run mutate:install` puts Stryker: outside the product's dependencies, inside its tree, so that it finds our vitest. */
export const STRYKER_FOLDER: string = fileURLToPath(new URL('../../.mutation', import.meta.url));

/** Its command line. */
export const STRYKER = `${STRYKER_FOLDER}/node_modules/@stryker-mutator/core/bin/stryker.js`;
