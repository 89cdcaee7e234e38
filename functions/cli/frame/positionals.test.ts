import { describe, expect, it } from 'vitest';
import { verbHelp } from './help.ts';
import { parseFlags } from './parse-flags.ts';
import { defineVerb, type Verb } from './verb.ts';

const VERB = defineVerb({
  name: 'sample',
  summary: 'a verb with words',
  usage: '[--json]',
  flags: {
    json: { kind: 'boolean', summary: 'boolean' },
    speed: { kind: 'string', summary: 'string' },
  },
  positionals: {
    action: { summary: 'what to do', choices: ['info', 'verify'], required: true },
    target: { summary: 'where to' },
    files: { summary: 'recordings', value: 'FILE', repeats: true },
  },
  run: async ({ positionals }) => {
    // Compiles only while the words are typed by their specs.
    const typed: [string, string | undefined, readonly string[]] = [
      positionals.action,
      positionals.target,
      positionals.files,
    ];
    return typed.length;
  },
});
const REPEATED = {
  ...(VERB as Verb),
  positionals: { files: { summary: 'recordings', value: 'FILE', required: true, repeats: true } },
} satisfies Verb;

const parse = (line: string, verb: Verb = VERB as Verb) =>
  parseFlags(
    verb,
    line.split(' ').filter((word) => word !== ''),
  );

describe('the words of a verb', () => {
  it('are taken in their order, wherever the flags stand', () => {
    const { positionals, values } = parse('--json info --speed max there a b --  --c');
    expect(positionals).toEqual({ action: 'info', target: 'there', files: ['a', 'b', '--c'] });
    expect(values).toEqual({ json: true, speed: 'max' });
  });

  it('may be left out unless they are required, and a repeated one is then an empty list', () => {
    expect(parse('verify').positionals).toEqual({ action: 'verify', target: undefined, files: [] });
    expect(parse('a b', REPEATED).positionals).toEqual({ files: ['a', 'b'] });
    expect(parse('--help').help).toBe(true);
  });

  it.each([
    ['', VERB, 'usage-missing-word', /arb sample needs info\|verify \(what to do\): arb sample info\|verify/],
    ['', REPEATED, 'usage-missing-word', /arb sample needs FILE \(recordings\): arb sample FILE…/],
    ['inof', VERB, 'usage-bad-value', /action must be one of info, verify; did you mean info\?, not "inof"/],
    [
      'info x y',
      { ...VERB, positionals: { action: VERB.positionals?.action } },
      'usage-unexpected-word',
      /no place for the word "x": arb sample info\|verify/,
    ],
    ['x', { ...VERB, positionals: {} }, 'usage-unexpected-word', /takes no word "x"; flags begin with --/],
  ])('refuse "%s"', (line, verb, code, message) => {
    expect(() => parse(line, verb as unknown as Verb)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('stand in the help of their verb, before its flags', () => {
    const help = verbHelp(VERB as Verb);
    expect(help).toContain('Usage: arb sample info|verify [TARGET] [FILE…] [--json]');
    expect(help).toMatch(/Words:\n {2}info\|verify\n {6}what to do \(required\)\n {2}TARGET\n/);
  });
});
