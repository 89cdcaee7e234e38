import { type ConfigLine, describeConfig } from '../../../shared/platform/config/describe.ts';
import { EXIT } from '../frame/exit-code.ts';
import { defineVerb } from '../frame/verb.ts';

/** `arb config`: the effective configuration, one line a key. */
export const configVerb = defineVerb({
  name: 'config',
  summary: 'print the effective configuration and where each value came from',
  usage: '[--print] [--json] [--config FILE]',
  details: [
    'Sources, weakest first: defaults, arb.config.json (or --config FILE), ARB_… variables, flags.',
    'Secrets are masked. The JSON form is an object by key: {value, source, summary, env, flag}.',
  ].join('\n'),
  flags: {
    print: { kind: 'boolean', summary: 'print it; what the verb does without the flag too' },
    json: { kind: 'boolean', summary: 'print one JSON object instead of lines' },
  },
  usesConfig: true,
  async run({ flags, stdout, loadConfig }) {
    const lines = describeConfig(loadConfig());
    if (flags.json) {
      stdout.line(JSON.stringify(Object.fromEntries(lines.map(({ key, ...rest }) => [key, rest])), null, 2));
      return EXIT.ok;
    }
    for (const line of table(lines)) stdout.line(line);
    return EXIT.ok;
  },
});

function table(lines: readonly ConfigLine[]): string[] {
  const keyWidth = Math.max(...lines.map(({ key }) => key.length));
  return lines.map(({ key, value, source }) => `${key.padEnd(keyWidth)}  ${shown(value)}  (${source})`);
}

function shown(value: unknown): string {
  if (value === null) return '-';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
