import { ArbError } from '../../../shared/core/errors.ts';
import { EXIT } from '../frame/exit-code.ts';
import { defineVerb } from '../frame/verb.ts';
import { quoteSnapshot } from './quote-snapshot.ts';
import { quoteVectors } from './quote-vectors.ts';

/** `arb quote`: one quote on a snapshot, or a replay of what the real programs paid. */
export const quoteVerb = defineVerb({
  name: 'quote',
  summary: 'quote a swap on a market snapshot, or replay files of executed swaps',
  usage: '--snapshot FILE --pool ADDRESS --in MINT --amount N [--json] | --vectors FILE|DIR [--json]',
  details: [
    'Amounts are base units. With --snapshot: exit 0 with the amount out, 1 when the pool refuses, with its reason.',
    'With --vectors: per file how many swaps equal the program’s to the unit, with the first ten that do not; a swap',
    'that the program failed is equal when the quote refuses. Exit 0 when all are equal, 1 otherwise. A file of a',
    'venue that is not built is an error; in a directory it is listed as one.',
  ].join('\n'),
  flags: {
    snapshot: { kind: 'string', value: 'FILE', summary: 'market snapshot: {clock, pools, accounts}' },
    pool: { kind: 'string', value: 'ADDRESS', summary: 'a pool of the snapshot' },
    in: { kind: 'string', value: 'MINT', summary: 'the mint that goes in, one of the pool’s two' },
    amount: { kind: 'amount', value: 'N', summary: 'base units that go in' },
    vectors: {
      kind: 'string',
      value: 'FILE|DIR',
      summary: 'a file of executed swaps, or a directory of them',
    },
    json: { kind: 'boolean', summary: 'print one JSON value' },
  },
  async run({ flags, stdout, cwd }) {
    const { snapshot, pool, in: mintIn, amount, vectors, json } = flags;
    if ((snapshot === undefined) === (vectors === undefined)) {
      throw new ArbError('usage-quote-source', 'quote needs either --snapshot FILE or --vectors FILE|DIR');
    }
    if (vectors !== undefined) {
      for (const [name, value] of Object.entries({ pool, in: mintIn, amount })) {
        if (value === undefined) continue;
        throw new ArbError('usage-quote-flag', `--${name} goes with --snapshot, not with --vectors`, {
          name,
        });
      }
      const { lines, replays, allEqual } = quoteVectors(vectors, cwd);
      if (json) stdout.line(JSON.stringify(replays, null, 2));
      else for (const line of lines) stdout.line(line);
      return allEqual ? EXIT.ok : EXIT.negative;
    }
    if (snapshot === undefined || pool === undefined || mintIn === undefined || amount === undefined) {
      throw new ArbError(
        'usage-quote-flag',
        'quote --snapshot FILE needs --pool ADDRESS --in MINT --amount N',
      );
    }
    const { line, answer } = quoteSnapshot({ file: snapshot, cwd, pool, mintIn, amountIn: amount });
    stdout.line(json ? JSON.stringify(answer, null, 2) : line);
    return 'amountOut' in answer ? EXIT.ok : EXIT.negative;
  },
});
