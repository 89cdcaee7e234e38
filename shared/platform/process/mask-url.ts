export const MASK = '****';
/** Path segments this long are keys, not names. */
const KEY_LENGTH = 12;
const URL_IN_TEXT = /\b(?:https?|wss?):\/\/[^\s"'<>`]+/gi;

/**
 * `text` without what RPC providers put their keys in: user and password, query values, the fragment and long path
 * segments. Text that is no URL is masked whole.
 */
export function maskUrl(text: string): string {
  if (!URL.canParse(text)) return MASK;
  const url = new URL(text);
  if (url.host === '') return MASK;
  const user = url.username === '' && url.password === '' ? '' : `${MASK}@`;
  const path = url.pathname
    .split('/')
    .map((segment) => (segment.length >= KEY_LENGTH ? MASK : segment))
    .join('/');
  const query = [...url.searchParams.keys()].map((key) => `${key}=${MASK}`).join('&');
  const shown = `${url.protocol}//${user}${url.host}${path === '/' ? '' : path}`;
  return `${shown}${query === '' ? '' : `?${query}`}`;
}

/** `text` with every http(s) and ws(s) URL in it masked. */
export function maskUrlsIn(text: string): string {
  return text.includes('://') ? text.replace(URL_IN_TEXT, maskUrl) : text;
}
