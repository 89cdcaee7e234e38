import { z } from 'zod';
import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { U64_MAX } from '../../core/units.ts';

/** What the loader, `--help` and error messages know about a key besides its schema. */
export interface KeyNotes {
  /** One line for people. */
  readonly summary: string;
  /** What a value may be; completes "must be …". */
  readonly allowed: string;
  /** The text of an environment variable or flag as the value that a file would hold. */
  readonly fromText: (text: string) => unknown;
  /** What stands for the value in `--help`. */
  readonly placeholder: string;
  /** The flag's name when it is not derived from the key. */
  readonly flag?: string;
  /** What may be shown of a value that can carry a secret. */
  readonly mask?: (value: unknown) => unknown;
  /** True for a text that is or holds a secret of its own: it is not taken from a command line. */
  readonly secretIn?: (text: string) => boolean;
}

/** The notes of every leaf schema, found again by walking the schema. */
export const keyNotes = z.registry<KeyNotes>();

/** What a key's own entry in the schema says. */
export interface KeySummary {
  readonly summary: string;
  readonly flag?: string;
}

/** Checks one raw value; the detail of a refusal says what is wrong where "must be …" does not. */
type Check<T> = (value: unknown) => Outcome<T, 'bad-value'>;

/** The schema of a key that has a value even when no source gives one. */
export function keyWithDefault<T>(check: Check<T>, notes: KeyNotes, fallback: T) {
  // Defaults bypass the check, so that they are written as the program uses them (bigint, not text).
  return checked(check)
    .default(() => fallback as z.core.util.NoUndefined<Awaited<T>>)
    .register(keyNotes, notes);
}

/** The schema of a key that is undefined until a source gives it. */
export function optionalKey<T>(check: Check<T>, notes: KeyNotes) {
  return checked(check).optional().register(keyNotes, notes);
}

/** The message of an issue whose check has nothing to add to "must be …" (zod fills an empty one). */
export const NO_DETAIL = '-';

function checked<T>(check: Check<T>) {
  return z.unknown().transform((value, context): T => {
    const outcome = check(value);
    if (outcome.ok) return outcome.value;
    context.issues.push({ code: 'custom', message: outcome.detail ?? NO_DETAIL, input: value });
    return z.NEVER;
  });
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A whole number (slots, ports, seeds, milliseconds). */
export function countKey(bounds: Bounds & KeySummary & { readonly default: number }) {
  const { min, max } = bounds;
  const check: Check<number> = (value) =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max
      ? success(value)
      : refusal('bad-value');
  const allowed = `a whole number from ${min} to ${max}`;
  const notes = { ...labels(bounds), allowed, fromText: numberFromText, placeholder: 'N' };
  return keyWithDefault(check, notes, bounds.default);
}

/** A number that may have a fraction (odds). */
export function numberKey(bounds: Bounds & KeySummary & { readonly default: number }) {
  const notes = { ...numberNotes(bounds), ...labels(bounds) };
  return keyWithDefault(checkNumber(bounds), notes, bounds.default);
}

export function optionalNumberKey(bounds: Bounds & KeySummary) {
  return optionalKey(checkNumber(bounds), { ...numberNotes(bounds), ...labels(bounds) });
}

function checkNumber({ min, max }: Bounds): Check<number> {
  return (value) =>
    typeof value === 'number' && value >= min && value <= max ? success(value) : refusal('bad-value');
}

function numberNotes({ min, max }: Bounds) {
  return { allowed: `a number from ${min} to ${max}`, fromText: numberFromText, placeholder: 'N' };
}

/** One of a few words. `refusals` gives the sentence for words that deserve their own. */
export function choiceKey<const Choice extends string | number>(
  options: KeySummary & {
    readonly choices: readonly Choice[];
    readonly default: NoInfer<Choice>;
    readonly refusals?: Readonly<Record<string, string>>;
  },
) {
  const check: Check<Choice> = (value) => {
    const choice = options.choices.find((candidate) => candidate === value);
    if (choice !== undefined) return success(choice);
    return refusal('bad-value', typeof value === 'string' ? options.refusals?.[value] : undefined);
  };
  const numeric = options.choices.every((choice) => typeof choice === 'number');
  const notes = {
    ...labels(options),
    allowed: options.choices.map((choice) => JSON.stringify(choice)).join(' or '),
    fromText: numeric ? numberFromText : asIs,
    placeholder: options.choices.join('|'),
  };
  return keyWithDefault(check, notes, options.default);
}

interface TextOptions extends KeySummary {
  readonly allowed: string;
  readonly placeholder: string;
}

/** Any non-empty text (paths, host names). */
export function textKey(options: TextOptions & { readonly default: string }) {
  return keyWithDefault(checkText, textNotes(options), options.default);
}

export function optionalTextKey(options: TextOptions) {
  return optionalKey(checkText, textNotes(options));
}

function checkText(value: unknown): Outcome<string, 'bad-value'> {
  return typeof value === 'string' && value.trim() !== '' && !value.includes('\0')
    ? success(value)
    : refusal('bad-value');
}

function textNotes(options: TextOptions) {
  const { allowed, placeholder } = options;
  return { ...labels(options), allowed, placeholder, fromText: asIs };
}

/** A u64 of base units or lamports: a decimal string, or a number that JSON holds exactly. */
export function amountKey(options: KeySummary & { readonly default: bigint }) {
  return keyWithDefault(checkAmount, amountNotes(options), options.default);
}

export function optionalAmountKey(options: KeySummary) {
  return optionalKey(checkAmount, amountNotes(options));
}

function amountNotes(options: KeySummary): KeyNotes {
  return { ...labels(options), allowed: AMOUNT_ALLOWED, fromText: asIs, placeholder: 'LAMPORTS' };
}

export const AMOUNT_ALLOWED =
  'a whole number of base units from 0 to 2^64-1 (a decimal string when above 2^53-1)';

/** As `amountKey` describes it; the value as a bigint. */
export function checkAmount(value: unknown): Outcome<bigint, 'bad-value'> {
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && value >= 0 ? success(BigInt(value)) : refusal('bad-value');
  }
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) return refusal('bad-value');
  const amount = BigInt(value);
  return amount <= U64_MAX ? success(amount) : refusal('bad-value');
}

/** The text itself. */
export function asIs(text: string): unknown {
  return text;
}

/** The number that `text` writes in decimal; any other text stays as it is, so that the check can name it. */
export function numberFromText(text: string): unknown {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

export function labels({ summary, flag }: KeySummary): KeySummary {
  return flag === undefined ? { summary } : { summary, flag };
}
