import { type Outcome, refusal, success } from '../../core/outcome.ts';
import { boundedJsonOrText } from '../files/bounded-json.ts';
import { type Bounds, type KeySummary, keyWithDefault, labels } from './leaf.ts';

/**
 * Numbers by name, whole ones where `whole`, laid over the defaults: a name that is not given keeps its default. Text form:
 * `NAME=N,NAME=N`, or JSON. `what` says what a name is.
 */
export function numbersByNameKey(
  options: Bounds &
    KeySummary & {
      readonly default: Readonly<Record<string, number>>;
      readonly what: string;
      readonly whole?: true;
    },
) {
  const { min, max, what, whole = false } = options;
  const notes = {
    ...labels(options),
    allowed: `an object from ${what} to a ${whole ? 'whole ' : ''}number from ${min} to ${max}`,
    fromText: pairsFromText,
    placeholder: 'NAME=N,…',
  };
  const check = (value: unknown): Outcome<Readonly<Record<string, number>>, 'bad-value'> => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return refusal('bad-value');
    const numbers: Record<string, number> = { ...options.default };
    for (const [name, number] of Object.entries(value)) {
      if (!NAME.test(name)) return refusal('bad-value', `${JSON.stringify(name)} is not ${what}`);
      const inRange = typeof number === 'number' && number >= min && number <= max;
      if (!inRange || (whole && !Number.isInteger(number))) {
        return refusal('bad-value', `${name} is ${JSON.stringify(number)}`);
      }
      numbers[name] = number;
    }
    return success(numbers);
  };
  return keyWithDefault(check, notes, options.default);
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{0,63}(\/([A-Za-z0-9.-]{1,64}|\*))?$/;

function pairsFromText(text: string): unknown {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) {
    return boundedJsonOrText(trimmed);
  }
  const pairs = new Map<string, unknown>();
  for (const item of trimmed === '' ? [] : trimmed.split(',')) {
    const [name = '', value = ''] = item.split(/=(.*)/s).map((part) => part.trim());
    // Twice the same name has no meaning; the text as a whole is refused.
    if (pairs.has(name)) return text;
    pairs.set(name, /^\d+(\.\d+)?$/.test(value) ? Number(value) : value);
  }
  return Object.fromEntries(pairs);
}
