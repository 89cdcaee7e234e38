import type { Clock } from '../../../shared/core/clock.ts';
import type { LoadedConfig } from '../../../shared/platform/config/load.ts';

/**
 * What a flag takes. `amount` is base units as a bigint; `count` a whole number ≥ 0; `list` may be given more
 * than once or separated by commas.
 */
export type FlagKind = 'boolean' | 'string' | 'count' | 'number' | 'amount' | 'list';

/** One flag of a verb. Its name is the key in `flags`, in kebab-case without dashes: `'start-mint'`. */
export interface FlagSpec {
  readonly kind: FlagKind;
  /** One line for `--help`. */
  readonly summary: string;
  /** What stands for the value in `--help`: `FILE`, `N`. */
  readonly value?: string;
  /** The only values allowed (`string` only). */
  readonly choices?: readonly string[];
  /** Refuse to run without it. */
  readonly required?: true;
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

interface FlagTypes {
  boolean: boolean;
  string: string;
  count: number;
  number: number;
  amount: bigint;
  list: readonly string[];
}

/** The parsed value of a flag: booleans and lists always have one, others may be undefined unless required. */
export type FlagValue<Spec extends FlagSpec> = Spec['kind'] extends 'boolean' | 'list'
  ? FlagTypes[Spec['kind']]
  : Spec extends { readonly required: true }
    ? FlagTypes[Spec['kind']]
    : FlagTypes[Spec['kind']] | undefined;

export type FlagValues<Specs extends FlagSpecs> = { readonly [Name in keyof Specs]: FlagValue<Specs[Name]> };

/**
 * One word of a verb that stands without a flag: `FILE` in `arb replay FILE…`. They are filled in the order in which
 * they are declared: required ones first, and only the last may repeat. Its key in `positionals` names it.
 */
export interface PositionalSpec {
  /** One line for `--help`. */
  readonly summary: string;
  /** What stands for it in usage: `FILE`. By default its choices, else its name in capitals. */
  readonly value?: string;
  /** The only words allowed. */
  readonly choices?: readonly string[];
  /** Refuse to run without it (of a repeated one: without at least one). */
  readonly required?: true;
  /** Takes every word that is left. Only the last positional may. */
  readonly repeats?: true;
}

export type PositionalSpecs = Readonly<Record<string, PositionalSpec>>;

/** The words given: a list where the positional repeats, else one word, undefined unless it is required. */
export type PositionalValue<Spec extends PositionalSpec> = Spec extends { readonly repeats: true }
  ? readonly string[]
  : Spec extends { readonly required: true }
    ? string
    : string | undefined;

export type PositionalValues<Specs extends PositionalSpecs> = {
  readonly [Name in keyof Specs]: PositionalValue<Specs[Name]>;
};

/** Standard output or standard error. `line` adds the line break, `write` does not. */
export interface Output {
  readonly isTty: boolean;
  readonly columns: number;
  write(text: string): void;
  line(text: string): void;
}

export interface VerbContext<
  Specs extends FlagSpecs = FlagSpecs,
  Words extends PositionalSpecs = PositionalSpecs,
> {
  readonly flags: FlagValues<Specs>;
  readonly positionals: PositionalValues<Words>;
  /** Results only: with `--json`, exactly one JSON value. Everything else goes to `stderr`. */
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  /** Of this package. */
  readonly version: string;
  /**
   * Aborted by the first SIGINT, SIGTERM or SIGHUP: finish, print the summary and return. A second one kills. A verb that
   * never reads this property is killed by the first one.
   */
  readonly signal: AbortSignal;
  /** Has `work` called, at once and synchronously, when a second signal ends the process before the verb has. */
  atForcedEnd(work: () => void): void;
  /**
   * The effective configuration from file, environment and the config flags of this command line. Only for verbs
   * with `usesConfig`. Throws ArbError `config-…` (exit code 2) naming what is wrong and where it came from.
   */
  loadConfig(): LoadedConfig;
}

/** One command of `arb`. */
export interface Verb<Specs extends FlagSpecs = FlagSpecs, Words extends PositionalSpecs = PositionalSpecs> {
  readonly name: string;
  /** One line for `arb --help`. */
  readonly summary: string;
  /** What follows `arb NAME` and its positionals on the command line: `--snapshot FILE --pool ADDRESS`. */
  readonly usage: string;
  /** Paragraphs after the flags in `arb NAME --help`. */
  readonly details?: string;
  readonly flags: Specs;
  /** The words that it takes without a flag; without this, none. */
  readonly positionals?: Words;
  /**
   * The verb also takes `--config FILE` and one flag for every configuration key that it reads: all (`true`), or those
   * named, a section standing for all of its keys. Another key's flag is refused: it would change nothing.
   */
  readonly usesConfig?: true | readonly string[];
  /** Resolves to the exit code (see `EXIT`). What it throws is printed as one line and mapped by `exitCodeOf`. */
  run(context: VerbContext<Specs, Words>): Promise<number>;
}

/** The verb as given; states it so that `context.flags` and `context.positionals` are typed by their specs. */
export function defineVerb<
  const Specs extends FlagSpecs,
  const Words extends PositionalSpecs = Record<never, never>,
>(verb: Verb<Specs, Words>): Verb<Specs, Words> {
  return verb;
}
