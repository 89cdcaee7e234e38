import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson } from './json-text.ts';

describe('the JSON reader', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseJson(text).value).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses what JSON.parse refuses, and nothing else but double keys', () => {
    const text = fc.string({
      unit: fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ',',
        ':',
        '"a"',
        '"b"',
        '1',
        '-',
        '.',
        'e',
        'null',
        ' ',
        '\\',
        '"',
      ),
      maxLength: 12,
    });
    fc.assert(
      fc.property(text, (candidate) => {
        let expected = true;
        try {
          JSON.parse(candidate);
        } catch {
          expected = false;
        }
        let message = '';
        try {
          parseJson(candidate);
        } catch (error) {
          message = String(error);
        }
        if (!message.includes('stands there twice')) expect(message === '').toBe(expected);
      }),
      { numRuns: 3_000 },
    );
  });

  it('says where each key stands', () => {
    const { positions } = parseJson('{\n  "a": {\n    "b": [1, {"c": 2}]\n  }\n}');
    expect(Object.fromEntries(positions)).toEqual({
      a: { line: 2, column: 3 },
      'a.b': { line: 3, column: 5 },
      'a.b[1].c': { line: 3, column: 15 },
    });
  });

  it.each([
    ['{"a": 1,\n "a": 2}', 'the key "a" stands there twice, again at line 2, column 2'],
    ['{"a": 1,}', 'expected a key in double quotes at line 1, column 9'],
    ["{'a': 1}", 'expected a key in double quotes at line 1, column 2'],
    ['{"a" 1}', 'expected ":" at line 1, column 6'],
    ['{"a": 1', 'the text ends where "," or "}" was expected at line 1, column 8'],
    ['', 'the text ends where a JSON value was expected at line 1, column 1'],
    ['{} {}', 'more text after the JSON value at line 1, column 4'],
    ['{"a": "x', 'expected a closed string at line 1, column 7'],
    ['[01]', '01 is not a JSON value at line 1, column 2'],
    ['["\\x"]', 'a string has a character or escape that JSON does not allow at line 1, column 2'],
    ['['.repeat(100), 'more than 64 levels at line 1, column 66'],
  ])('%j is refused with its place', (text, message) => {
    expect(() => parseJson(text)).toThrow(expect.objectContaining({ code: 'config-not-json', message }));
  });

  it('takes __proto__ for a key like any other', () => {
    const { value } = parseJson('{"__proto__": {"polluted": true}}');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(Object.hasOwn({}, 'polluted')).toBe(false);
  });
});
