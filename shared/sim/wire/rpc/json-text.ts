const TEXT = Symbol('json text');

/** JSON that is text already: an account encoded once and sent to many. */
export interface JsonFragment {
  readonly [TEXT]: string;
}

/** What becomes a JSON text; a bigint is written as the integer it is, which numbers of 64 bits need. */
export type Json =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | JsonFragment
  | readonly Json[]
  | { readonly [key: string]: Json };

export function fragment(text: string): JsonFragment {
  return { [TEXT]: text };
}

/**
 * The JSON text of a value; keys that are undefined are left out. Texts are added to one another, never joined: each
 * join would copy the accounts in it once more, and an order book is 113,000 characters.
 */
export function jsonText(value: Json): string {
  if (value === undefined) return 'null';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (TEXT in value) return (value as JsonFragment)[TEXT];
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value as readonly Json[]) text += `${text === '' ? '' : ','}${jsonText(item)}`;
    return `[${text}]`;
  }
  for (const [key, member] of Object.entries(value as Record<string, Json>)) {
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${jsonText(member)}`;
  }
  return `{${text}}`;
}
