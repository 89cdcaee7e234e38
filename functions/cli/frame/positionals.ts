import { ArbError } from '../../../shared/core/errors.ts';
import { didYouMean } from '../../../shared/platform/process/nearest.ts';
import type { PositionalSpec, Verb } from './verb.ts';

/** What stands for a positional in usage and messages: `FILE`, `info|verify`. */
export function positionalPlaceholder(name: string, spec: PositionalSpec): string {
  return spec.value ?? spec.choices?.join('|') ?? name.toUpperCase();
}

/** The positionals as usage shows them: `info FILE… [NAME]`. */
export function positionalUsage(verb: Verb): string {
  return Object.entries(verb.positionals ?? {})
    .map(([name, spec]) => {
      const word = `${positionalPlaceholder(name, spec)}${spec.repeats ? '…' : ''}`;
      return spec.required ? word : `[${word}]`;
    })
    .join(' ');
}

/**
 * The words that stand between the flags, by the name of the verb's positionals in their order. Throws ArbError
 * `usage-unexpected-word` for a word too many, `usage-bad-value` for one that is not among the choices, and
 * `usage-missing-word` for a required one that is absent, unless `help` is asked for.
 */
export function parsePositionals(
  verb: Verb,
  words: readonly string[],
  help: boolean,
): Readonly<Record<string, unknown>> {
  const specs = Object.entries(verb.positionals ?? {});
  const values: Record<string, unknown> = {};
  let next = 0;
  for (const [name, spec] of specs) {
    const given = spec.repeats ? words.slice(next) : words.slice(next, next + 1);
    if (given.length === 0 && spec.required && !help) throw missingWord(verb, name, spec);
    for (const word of given) checkChoice(verb, name, spec, word);
    next += given.length;
    values[name] = spec.repeats ? given : given[0];
  }
  const extra = words[next];
  if (extra !== undefined) throw unexpectedWord(verb, extra);
  return values;
}

function missingWord(verb: Verb, name: string, spec: PositionalSpec): ArbError {
  const usage = `arb ${verb.name} ${positionalUsage(verb)}`;
  const message = `arb ${verb.name} needs ${positionalPlaceholder(name, spec)} (${spec.summary}): ${usage}`;
  return new ArbError('usage-missing-word', message, { name });
}

function checkChoice(verb: Verb, name: string, spec: PositionalSpec, word: string): void {
  if (spec.choices === undefined || spec.choices.includes(word)) return;
  const allowed = spec.choices.length === 1 ? '' : 'one of ';
  const suggestion = didYouMean(word, spec.choices);
  throw new ArbError(
    'usage-bad-value',
    `arb ${verb.name}: ${name} must be ${allowed}${spec.choices.join(', ')}${suggestion}, not "${word}"`,
    { name, word },
  );
}

function unexpectedWord(verb: Verb, word: string): ArbError {
  const usage = positionalUsage(verb);
  const message =
    usage === ''
      ? `arb ${verb.name} takes no word "${word}"; flags begin with --`
      : `arb ${verb.name} has no place for the word "${word}": arb ${verb.name} ${usage}`;
  return new ArbError('usage-unexpected-word', message, { word });
}
