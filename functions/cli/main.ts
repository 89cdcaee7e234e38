import { CONFIG_CODES } from '../../shared/core/error-codes.ts';
import { ArbError, errorText } from '../../shared/core/errors.ts';
import { loadConfig } from '../../shared/platform/config/load.ts';
import { didYouMean } from '../../shared/platform/process/nearest.ts';
import { EXIT, exitCodeOf } from './frame/exit-code.ts';
import { generalHelp, verbHelp } from './frame/help.ts';
import { keysInFlags } from './frame/keys-in-flags.ts';
import { carried } from './frame/local-chain.ts';
import { refuseFlagsTakenByNpm } from './frame/npm-flags.ts';
import { acceptedFlags, parseFlags } from './frame/parse-flags.ts';
import type { Verb, VerbContext } from './frame/verb.ts';
import { VERBS } from './verbs.ts';

/** Everything of a process that `arb` touches. */
export type Surroundings = Pick<VerbContext, 'stdout' | 'stderr' | 'env' | 'cwd' | 'clock'> & {
  readonly version: string;
  /** From the first call on, SIGINT, SIGTERM and SIGHUP abort the signal instead of killing the process. */
  stopSignal(): AbortSignal;
  /** As a verb is given it; without it a second signal is not heard of. */
  readonly atForcedEnd?: VerbContext['atForcedEnd'];
};

/**
 * Runs one command line (without `node` and the script) to its exit code. Never rejects: what a verb throws becomes
 * one line on stderr and a code; only a defect of the program shows a stack.
 */
export async function main(args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr } = surroundings;
  try {
    const [first, ...rest] = expandAlias(args);
    if (first === undefined) {
      stderr.write(generalHelp());
      return EXIT.usage;
    }
    if (first === '--help' || first === '-h' || first === 'help') return await printHelp(rest, surroundings);
    if (first === '--version') {
      refuseMore(first, rest);
      stdout.line(surroundings.version);
      return EXIT.ok;
    }
    return await runVerb(await loadVerb(first), rest, surroundings);
  } catch (error) {
    const code = exitCodeOf(error);
    stderr.line(`arb: ${errorText(error)}`);
    if (code === EXIT.usage && !isConfigError(error)) stderr.line('arb: see arb --help');
    if (code === EXIT.internal) stderr.line(error instanceof Error ? (error.stack ?? '') : '');
    return code;
  }
}

async function runVerb(verb: Verb, args: readonly string[], surroundings: Surroundings): Promise<number> {
  const { stdout, stderr, env, cwd, clock, version } = surroundings;
  refuseFlagsTakenByNpm(env, acceptedFlags(verb), [verb.name, ...args]);
  const { values, positionals, config, configFile, help } = parseFlags(verb, args);
  if (help) {
    stdout.write(verbHelp(verb));
    return EXIT.ok;
  }
  for (const line of keysInFlags(config)) stderr.line(line);
  return await verb.run({
    flags: values as VerbContext['flags'],
    positionals: positionals as VerbContext['positionals'],
    stdout,
    stderr,
    env,
    cwd,
    clock,
    version,
    get signal() {
      return surroundings.stopSignal();
    },
    atForcedEnd: (work) => surroundings.atForcedEnd?.(work),
    loadConfig() {
      if (!verb.usesConfig) {
        throw new ArbError('verb-without-config', `arb ${verb.name} does not say that it uses the config`);
      }
      return loadConfig({ file: configFile, env, flags: config, cwd });
    },
  });
}

async function printHelp(rest: readonly string[], { stdout }: Surroundings): Promise<number> {
  const [name, ...more] = rest;
  refuseMore(`help ${name}`, more);
  stdout.write(name === undefined ? generalHelp() : verbHelp(await loadVerb(name)));
  return EXIT.ok;
}

function refuseMore(what: string, [word]: readonly string[]): void {
  if (word === undefined) return;
  throw new ArbError('usage-unexpected-word', `arb ${what} takes no word "${word}"`, { word });
}

async function loadVerb(name: string): Promise<Verb> {
  const entry = VERBS.find((candidate) => candidate.name === name);
  if (entry !== undefined) return await carried(`arb ${name}`, () => entry.load());
  const names = VERBS.map((candidate) => candidate.name);
  const suggestion = didYouMean(name, names) || `; verbs: ${names.join(', ')}`;
  const what = name.startsWith('-') ? `the first word must be a verb, not ${name}` : `no verb "${name}"`;
  throw new ArbError('usage-unknown-verb', `${what}${suggestion}`, { name });
}

/** `--paper-trade` among flags without a verb is `run --mode paper`. */
function expandAlias(args: readonly string[]): readonly string[] {
  const at = args.indexOf('--paper-trade');
  const afterRun = args[0] === 'run';
  if (at < 0 || !(afterRun || args[0]?.startsWith('--'))) return args;
  const rest = args.filter((_, index) => index !== at && !(afterRun && index === 0));
  return ['run', '--mode', 'paper', ...rest];
}

function isConfigError(thrown: unknown): boolean {
  return thrown instanceof ArbError && (CONFIG_CODES as readonly string[]).includes(thrown.code);
}
