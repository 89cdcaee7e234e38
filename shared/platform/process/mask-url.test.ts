import { describe, expect, it } from 'vitest';
import { maskUrl, maskUrlsIn } from './mask-url.ts';

describe('a masked URL', () => {
  it('keeps host and port but no user, query value, fragment or key in the path', () => {
    expect(maskUrl('https://mainnet.example.com/?api-key=0123-SECRET&x=SECRET#SECRET')).toBe(
      'https://mainnet.example.com?api-key=****&x=****',
    );
    expect(maskUrl('wss://user:SECRET@host.example:8900/v2/SECRETSECRETSECRET/ws')).toBe(
      'wss://****@host.example:8900/v2/****/ws',
    );
    expect(maskUrl('http://127.0.0.1:8899')).toBe('http://127.0.0.1:8899');
  });

  it('is masked whole when it is no URL', () => {
    expect(maskUrl('SECRET')).toBe('****');
    expect(maskUrl('data:SECRET')).toBe('****');
  });

  it('is found inside a sentence', () => {
    expect(
      maskUrlsIn('cannot reach https://a.example/?k=SECRET: refused, nor "ws://b.example/?k=SECRET"'),
    ).not.toMatch(/SECRET/);
    expect(maskUrlsIn('slot 5 > 4')).toBe('slot 5 > 4');
  });
});
