import { refusal, success } from '../../core/outcome.ts';
import { asIs, type KeySummary, labels, optionalKey } from './leaf.ts';

/** A key of an outside API: sent to it and shown nowhere. */
export function secretKey(options: KeySummary) {
  return optionalKey<string>(
    (value) =>
      typeof value === 'string' && /^[\x21-\x7e]{1,512}$/.test(value) ? success(value) : refusal('bad-value'),
    {
      ...labels(options),
      allowed: 'a text of visible ASCII characters',
      fromText: asIs,
      placeholder: 'KEY',
      isSecret: true,
      mask: (value) => (value === undefined || value === null ? value : '****'),
    },
  );
}
