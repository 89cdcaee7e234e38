import { createSecretMask, secretsOfHeaders, secretsOfUrl, sentenceOf } from '../http/secrets.ts';

/** What we give an endpoint as proof of who we are. */
export interface EndpointSecrets {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly token?: string | undefined;
}

/** An endpoint's own words as they may be shown: one line, without any of the keys that we gave it. */
export function endpointSentence(text: string, { url, headers = {}, token }: EndpointSecrets): string {
  if (text === '') return '';
  const secrets = [
    ...secretsOfUrl(url),
    ...secretsOfHeaders(headers),
    ...(token === undefined ? [] : [token]),
  ];
  return sentenceOf(text, createSecretMask(secrets));
}
