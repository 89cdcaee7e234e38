import { describe, expect, it } from 'vitest';
import { createSecretMask, secretsOfHeaders, secretsOfUrl, sentenceOf } from './secrets.ts';

const URL_TEXT =
  'https://us%2Fer:pa55%40word@rpc.example/v2/key-in-path?api-key=key%20in+query&commitment=confirmed';
const HEADERS = {
  authorization: 'Bearer bearer-key',
  'x-api-key': 'header-key',
  'content-type': 'application/json',
};
const BASIC = Buffer.from('us/er:pa55@word').toString('base64');

const secrets = createSecretMask([...secretsOfUrl(URL_TEXT), ...secretsOfHeaders(HEADERS)]);

describe('the mask of our secrets', () => {
  it.each([
    'key-in-path',
    'key in query',
    'key%20in%20query',
    'us/er',
    'us\\/er',
    'us%2Fer',
    'pa55@word',
    BASIC,
    `Basic ${BASIC}`,
    'bearer-key',
    'BEARER-KEY',
    'header-key',
    '/v2/key-in-path?api-key=key%20in+query',
  ])('hides %s in what comes back', (echoed) => {
    const shown = sentenceOf(`unknown ${echoed}, go away`, secrets);
    expect(shown).toMatch(/^unknown .*\*\*\*\*.*, go away$/);
    expect(shown).not.toMatch(/key-in-path|key in|us\/er|pa55|bearer-key|header-key/i);
    expect(shown).not.toContain(BASIC);
  });

  it('leaves words that are no secret', () => {
    const text = 'not confirmed at rpc.example: application/json';
    expect(sentenceOf(text, secrets)).toBe(text);
    expect(createSecretMask([]).mask(text)).toBe(text);
  });

  it('hides a login that only the header holds', () => {
    const mask = createSecretMask(secretsOfHeaders({ authorization: `Basic ${BASIC}` }));
    expect(sentenceOf(`user us/er with pa55@word (${BASIC})`, mask)).toBe('user **** with **** (****)');
  });

  it('takes out what a terminal obeys, and a secret that only then is whole', () => {
    expect(sentenceOf('a\u001b[2J\nb\u202ec\u0000', secrets)).toBe('a [2J b c');
    expect(sentenceOf('the header\u0000-key', secrets)).toBe('the ****');
  });

  it('cuts after masking, so that no half of a secret is left', () => {
    const shown = sentenceOf(`${'x'.repeat(295)}header-key`, secrets);
    expect(shown.length).toBe(299);
    expect(shown.slice(295)).toBe('****');
    expect(sentenceOf('y'.repeat(5_000), secrets)).toHaveLength(300);
  });

  it('finds secrets in bytes', () => {
    expect(secrets.isIn(Buffer.from('{"v":"header-key"}'))).toBe(true);
    expect(secrets.isIn(Buffer.from('{"v":"1.2.3"}'))).toBe(false);
  });
});
