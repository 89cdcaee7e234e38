import { describe, expect, it } from 'vitest';
import { parseFlags } from './parse-flags.ts';
import { defineVerb, type Verb } from './verb.ts';

const VERB = defineVerb({
  name: 'sample',
  summary: 'a verb with a flag of each kind',
  usage: '',
  flags: {
    json: { kind: 'boolean', summary: 'boolean' },
    pool: { kind: 'string', summary: 'string', value: 'ADDRESS', required: true },
    side: { kind: 'string', summary: 'choice', choices: ['buy', 'sell'] },
    top: { kind: 'count', summary: 'count' },
    share: { kind: 'number', summary: 'number' },
    amount: { kind: 'amount', summary: 'amount' },
    mint: { kind: 'list', summary: 'list' },
  },
  run: async ({ flags }) => {
    // Compiles only while the values are typed by their specs.
    const typed: [
      boolean,
      string,
      string | undefined,
      number | undefined,
      bigint | undefined,
      readonly string[],
    ] = [flags.json, flags.pool, flags.side, flags.top, flags.amount, flags.mint];
    return typed.length;
  },
});

const parse = (line: string) => parseFlags(VERB as Verb, line.split(' '));

describe('the flags of a verb', () => {
  it('are typed by their kinds', () => {
    const line =
      '--json --pool p --side sell --top 3 --share -0.5 --amount 18446744073709551615 --mint a,b --mint=c';
    expect(parse(line).values).toEqual({
      json: true,
      pool: 'p',
      side: 'sell',
      top: 3,
      share: -0.5,
      amount: 18_446_744_073_709_551_615n,
      mint: ['a', 'b', 'c'],
    });
  });

  it('have a value only where one is given, except booleans and lists', () => {
    const { values, help, config } = parse('--pool p');
    const none = { side: undefined, top: undefined, share: undefined, amount: undefined };
    expect(values).toEqual({ ...none, json: false, pool: 'p', mint: [] });
    expect([help, config]).toEqual([false, {}]);
  });

  it.each([
    ['--json', 'usage-missing-flag', /arb sample needs --pool ADDRESS/],
    [
      '--pool p --side bye',
      'usage-bad-value',
      /--side must be one of buy, sell; did you mean buy\?, not "bye"/,
    ],
    ['--pool p --top -1', 'usage-bad-value', /--top must be a whole number/],
    ['--pool p --top 1.5', 'usage-bad-value', /--top/],
    ['--pool p --amount 1e9', 'usage-bad-value', /--amount must be a whole number of base units/],
    ['--pool p --amount 18446744073709551616', 'usage-bad-value', /2\^64-1/],
    ['--pool p --share x', 'usage-bad-value', /--share must be a decimal number/],
    ['--pool p --port 1', 'usage-unknown-flag', /no flag --port/],
    ['--pool=', 'usage-bad-value', /--pool must be a text that is not empty, not ""/],
    ['--pool p --mint=', 'usage-bad-value', /--mint must be .*none of them empty, not ""/],
    ['--pool p --mint a,,b', 'usage-bad-value', /--mint .* not "a,,b"/],
    ['--pool p -- --json', 'usage-unexpected-word', /"--json"/],
  ])('refuse "%s"', (line, code, message) => {
    expect(() => parse(line)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('need nothing else beside --help', () => {
    expect(parse('--help').help).toBe(true);
    expect(parse('-h').help).toBe(true);
  });

  it('take configuration keys only when the verb uses the configuration, its own flags first', () => {
    const verb: Verb = {
      ...(VERB as Verb),
      usesConfig: true,
      flags: { seed: { kind: 'count', summary: 'own' } },
    };
    const parsed = parseFlags(verb, ['--seed', '5', '--port', '9', '--config', 'file.json']);
    expect(parsed).toMatchObject({ values: { seed: 5 }, config: { port: '9' }, configFile: 'file.json' });
    expect(parsed.config).not.toHaveProperty('seed');
  });
});
