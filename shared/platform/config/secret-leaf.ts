import { refusal, success } from '../../core/outcome.ts';
import { asIs, type KeySummary, labels, optionalKey } from './leaf.ts';

/** A key of an outside API, sent to it and shown nowhere; or one of ours, of so many characters at least. */
export function secretKey(options: KeySummary & { readonly least?: number }) {
  const { least = 1 } = options;
  return optionalKey<string>(
    (value) =>
      typeof value === 'string' && /^[\x21-\x7e]{1,512}$/.test(value) && value.length >= least
        ? success(value)
        : refusal('bad-value'),
    {
      ...labels(options),
      allowed: `a text of ${least > 1 ? `at least ${least} ` : ''}visible ASCII characters`,
      fromText: asIs,
      placeholder: 'KEY',
      secretIn: () => true,
      mask: (value) => (value === undefined || value === null ? value : '****'),
    },
  );
}
