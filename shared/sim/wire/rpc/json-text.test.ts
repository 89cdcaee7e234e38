import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fragment, type Json, jsonText } from './json-text.ts';

test('is what JSON.stringify writes, whatever the value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(jsonText(value as Json)).toBe(JSON.stringify(value));
    }),
  );
});

test('writes a bigint as the integer it is, leaves out keys that are undefined, and takes a fragment as it stands', () => {
  const value = {
    a: undefined,
    b: 18_446_744_073_709_551_615n,
    c: [fragment('{"x":1}'), undefined, ''],
    d: {},
  };
  expect(jsonText(value)).toBe('{"b":18446744073709551615,"c":[{"x":1},null,""],"d":{}}');
});
