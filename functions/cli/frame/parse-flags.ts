import { parseArgs } from 'node:util';
import { ArbError } from '../../../shared/core/errors.ts';
import { U64_MAX } from '../../../shared/core/units.ts';
import { CONFIG_KEYS } from '../../../shared/platform/config/keys.ts';
import { didYouMean } from '../../../shared/platform/process/nearest.ts';
import { parsePositionals } from './positionals.ts';
import { isAmong } from './used-keys.ts';
import type { FlagSpec, FlagSpecs, Verb } from './verb.ts';

/** A command line after its verb, checked. */
export interface ParsedFlags {
  /** By flag name; typed by the verb's own specs. */
  readonly values: Readonly<Record<string, unknown>>;
  /** By name of the positional; typed by the verb's own specs. */
  readonly positionals: Readonly<Record<string, unknown>>;
  /** Text of the configuration flags, by flag name. */
  readonly config: Readonly<Record<string, string>>;
  readonly configFile: string | undefined;
  readonly help: boolean;
}

const HELP: FlagSpec = { kind: 'boolean', summary: 'print this and exit' };
const CONFIG_FILE: FlagSpec = {
  kind: 'string',
  value: 'FILE',
  summary: 'configuration file instead of arb.config.json',
};

/** The flags of `verb` and those that every verb has. A verb's own flag wins over a configuration key's. */
export function acceptedFlags(verb: Verb): FlagSpecs {
  const shared = verb.usesConfig ? { config: CONFIG_FILE } : {};
  return { ...configFlags(verb), ...shared, ...verb.flags, help: HELP };
}

/** One flag for every configuration key that the verb reads. */
export function configFlags(verb: Verb): FlagSpecs {
  const { usesConfig } = verb;
  if (usesConfig === undefined) return {};
  const read = CONFIG_KEYS.filter(({ path }) => usesConfig === true || isAmong(path, usesConfig));
  const entries = read.map(({ flag, notes }): [string, FlagSpec] => [
    flag,
    { kind: 'string', summary: notes.summary, value: notes.placeholder },
  ]);
  return Object.fromEntries(entries.filter(([name]) => verb.flags[name] === undefined));
}

/**
 * The flags and words of `args` as `verb` types them. Throws ArbError `usage-…` that names the flag, its value and what is
 * allowed; `--help` needs no other flag beside it.
 */
export function parseFlags(verb: Verb, args: readonly string[]): ParsedFlags {
  const accepted = acceptedFlags(verb);
  const { texts, words } = readTexts(verb.name, accepted, args);
  const help = texts.has('help');
  const positionals = parsePositionals(verb, words, help);
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(verb.flags)) {
    const given = texts.get(name);
    if (given === undefined && spec.required && !help) {
      throw new ArbError('usage-missing-flag', `arb ${verb.name} needs --${name} ${placeholder(spec)}`, {
        name,
      });
    }
    values[name] = given === undefined ? absent(spec) : parseValue(name, spec, given);
  }
  const config: Record<string, string> = {};
  for (const name of Object.keys(configFlags(verb))) {
    const text = texts.get(name)?.[0];
    if (text === undefined) continue;
    refuseSecret(name, text);
    config[name] = text;
  }
  const configFile = verb.usesConfig ? texts.get('config')?.[0] : undefined;
  if (configFile === '')
    throw new ArbError('usage-bad-value', '--config must be a file, not ""', { name: 'config' });
  return { values, positionals, config, configFile, help };
}

/** Throws `usage-secret-flag` for a key whose value is a secret: other users of the machine see command lines. */
function refuseSecret(name: string, text: string): void {
  const key = CONFIG_KEYS.find(({ flag }) => flag === name);
  if (key?.notes.secretIn?.(text) !== true) return;
  const way = `set ${key.env} in the environment, or ${key.path} in a configuration file that only you may read (chmod 600)`;
  throw new ArbError(
    'usage-secret-flag',
    `--${name} holds a secret, and command lines are seen by every user of the machine: ${way}`,
    { name },
  );
}

/** What stands for the value of a flag in help and messages. */
export function placeholder(spec: FlagSpec): string {
  if (spec.kind === 'boolean') return '';
  if (spec.value !== undefined) return spec.value;
  if (spec.choices !== undefined) return spec.choices.join('|');
  return spec.kind === 'string' || spec.kind === 'list' ? 'TEXT' : 'N';
}

interface Texts {
  /** By flag name. */
  readonly texts: ReadonlyMap<string, readonly string[]>;
  /** What stands without a flag. */
  readonly words: readonly string[];
}

/** The raw texts. Node's parser splits the words; what is allowed is decided here. */
function readTexts(verb: string, accepted: FlagSpecs, args: readonly string[]): Texts {
  const options = Object.fromEntries(
    Object.entries(accepted).map(([name, { kind }]) => [
      name,
      { type: kind === 'boolean' ? ('boolean' as const) : ('string' as const), multiple: true as const },
    ]),
  );
  const parsed = parseArgs({
    args: [...args],
    options: { ...options, help: { type: 'boolean', short: 'h', multiple: true } },
    strict: false,
    tokens: true,
  });
  const texts = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of parsed.tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName } = token;
    const spec = Object.hasOwn(accepted, name) ? accepted[name] : undefined;
    if (spec === undefined) {
      const idle = CONFIG_KEYS.find(({ flag }) => flag === name);
      if (idle !== undefined) {
        const message = `arb ${verb} has no flag ${rawName}: it does not read ${idle.path}, so that would change nothing`;
        throw new ArbError('usage-unknown-flag', message, { name });
      }
      const suggestion = didYouMean(name, Object.keys(accepted), '--');
      throw new ArbError('usage-unknown-flag', `arb ${verb} has no flag ${rawName}${suggestion}`, { name });
    }
    const text = flagText(rawName, spec, token.value, token.inlineValue === true);
    const before = texts.get(name);
    if (before === undefined) texts.set(name, [text]);
    else if (spec.kind === 'list') before.push(text);
    else if (name !== 'help') {
      throw new ArbError('usage-repeated-flag', `${rawName} is given twice`, { name });
    }
  }
  return { texts, words };
}

function flagText(rawName: string, spec: FlagSpec, value: string | undefined, inline: boolean): string {
  if (spec.kind === 'boolean') {
    if (value === undefined) return '';
    throw new ArbError('usage-bad-value', `${rawName} takes no value, but is given "${value}"`);
  }
  // The next flag is not this one's value; a value that really begins with -- is written --flag=--value.
  if (value === undefined || (!inline && value.startsWith('--'))) {
    throw new ArbError('usage-bad-value', `${rawName} needs a value: ${rawName} ${placeholder(spec)}`);
  }
  return value;
}

function absent(spec: FlagSpec): unknown {
  if (spec.kind === 'boolean') return false;
  return spec.kind === 'list' ? [] : undefined;
}

function parseValue(name: string, spec: FlagSpec, texts: readonly string[]): unknown {
  const text = texts[0] ?? '';
  const bad = (allowed: string): never => {
    throw new ArbError('usage-bad-value', `--${name} must be ${allowed}, not "${text}"`, { name, text });
  };
  switch (spec.kind) {
    case 'boolean':
      return true;
    case 'list': {
      // An empty one would be taken for none given, and the flag for absent.
      const empty = texts.find((item) => item.split(',').includes(''));
      if (empty === undefined) return texts.flatMap((item) => item.split(','));
      const allowed = 'texts separated by commas, none of them empty';
      throw new ArbError('usage-bad-value', `--${name} must be ${allowed}, not "${empty}"`, { name });
    }
    case 'string':
      if (spec.choices !== undefined && !spec.choices.includes(text)) {
        const suggestion = didYouMean(text, spec.choices);
        return bad(`one of ${spec.choices.join(', ')}${suggestion}`);
      }
      return text === '' ? bad('a text that is not empty') : text;
    case 'count': {
      const count = Number(text);
      return /^\d+$/.test(text) && Number.isSafeInteger(count)
        ? count
        : bad('a whole number from 0 to 2^53-1');
    }
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : bad('a decimal number');
    case 'amount': {
      const amount = /^\d{1,20}$/.test(text) ? BigInt(text) : -1n;
      return amount >= 0n && amount <= U64_MAX
        ? amount
        : bad('a whole number of base units from 0 to 2^64-1');
    }
  }
}
