import { VERBS } from '../verbs.ts';
import { configFlags, placeholder } from './parse-flags.ts';
import { positionalPlaceholder, positionalUsage } from './positionals.ts';
import type { FlagSpecs, Verb } from './verb.ts';

/** What `arb --help` prints. */
export function generalHelp(): string {
  const width = Math.max(...VERBS.map(({ name }) => name.length));
  return [
    'arb: Solana DEX arbitrage, from live account feeds to paper trades',
    '',
    'Usage: arb VERB [FLAGS]',
    '       arb VERB --help',
    '       arb --paper-trade [FLAGS]     the same as: arb run --mode paper [FLAGS]',
    '',
    'Verbs:',
    ...VERBS.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    'Exit codes:',
    '  0   done',
    '  1   done, and the answer is no (a mismatch, a failed check)',
    '  2   a wrong verb, flag or configuration; nothing was started',
    '  3   the machine or the network: a port in use, an unreadable file, an unreachable RPC',
    '  70  a defect of this program',
    '',
  ].join('\n');
}

/** What `arb VERB --help` prints. */
export function verbHelp(verb: Verb): string {
  const lines = [
    `arb ${verb.name}: ${verb.summary}`,
    '',
    `Usage: ${['arb', verb.name, wordsOf(verb), verb.usage].filter((part) => part !== '').join(' ')}`,
    '',
  ];
  const words = Object.entries(verb.positionals ?? {});
  if (words.length > 0) {
    lines.push('Words:');
    for (const [name, spec] of words) {
      const required = spec.required ? ' (required)' : '';
      lines.push(`  ${positionalPlaceholder(name, spec)}`, `      ${spec.summary}${required}`);
    }
    lines.push('');
  }
  lines.push(
    'Flags:',
    ...flagLines({ ...verb.flags, help: { kind: 'boolean', summary: 'print this and exit' } }),
  );
  if (verb.usesConfig) {
    lines.push('', 'Configuration (also in arb.config.json and ARB_… variables, see: arb config):');
    lines.push('  --config FILE', '      configuration file instead of arb.config.json');
    lines.push(...flagLines(configFlags(verb)));
  }
  if (verb.details !== undefined) lines.push('', verb.details);
  lines.push('');
  return lines.join('\n');
}

/** Its words, where its usage does not say them itself, with what each goes with. */
function wordsOf(verb: Verb): string {
  const choices = Object.values(verb.positionals ?? {}).flatMap((spec) => spec.choices ?? []);
  return choices.some((choice) => verb.usage.startsWith(`${choice} `)) ? '' : positionalUsage(verb);
}

function flagLines(flags: FlagSpecs): string[] {
  return Object.entries(flags).flatMap(([name, spec]) => {
    const required = spec.required ? ' (required)' : '';
    return [`  --${name} ${placeholder(spec)}`.trimEnd(), `      ${spec.summary}${required}`];
  });
}
