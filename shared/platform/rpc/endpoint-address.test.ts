import { expect, it } from 'vitest';
import { endpointAddress } from './endpoint-address.ts';

const token = 'k/1';

it('puts a token where its provider wants it', () => {
  const at = (provider: 'helius' | 'triton' | 'generic', url: string) =>
    endpointAddress({ provider, token }, url);
  expect(at('helius', 'wss://h/')).toEqual({ url: 'wss://h/?api-key=k%2F1', headers: {} });
  expect(at('triton', 'https://t')).toEqual({ url: 'https://t/k%2F1', headers: {} });
  expect(at('triton', 'https://t/a/')).toEqual({ url: 'https://t/a/k%2F1', headers: {} });
  expect(at('generic', 'http://g/x')).toEqual({
    url: 'http://g/x',
    headers: { authorization: 'Bearer k/1' },
  });
});

it('leaves the URL of an endpoint without a token as it is', () => {
  expect(endpointAddress({ provider: 'helius' }, 'https://h/?api-key=k')).toEqual({
    url: 'https://h/?api-key=k',
    headers: {},
  });
});
