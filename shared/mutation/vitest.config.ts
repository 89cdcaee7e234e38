import { defineConfig } from 'vitest/config';

/** The tests that have to notice a mutant: those of its folder, named by run.ts. */
export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? '').split(' '),
    // Compiles forgeries; a mutant is no type error.
    exclude: ['shared/risk/sealed.test.ts'],
    environment: 'node',
    testTimeout: 20_000,
    isolate: false,
  },
});
