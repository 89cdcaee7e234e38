import type { HttpAct, HttpAsk, HttpBehaviour, HttpReply } from './provider-row.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

/** JSON as a provider sends it. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): HttpReply {
  return { status, headers: { ...JSON_TYPE, ...headers }, body: JSON.stringify(body) };
}

export interface Refusal {
  readonly code: number;
  readonly message: string;
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every call is refused by a JSON-RPC error; a batch, member by member. */
export function refuses(refusal: Refusal): () => HttpBehaviour {
  return () => (ask) => ({ reply: refused(ask, refusal) });
}

/** Calls of these methods are refused, the others pass. */
export function refusesMethods(methods: readonly string[], refusal: Refusal): () => HttpBehaviour {
  return () => (ask) =>
    ask.calls.some(({ method }) => methods.includes(String(method)))
      ? { reply: refused(ask, refusal) }
      : 'pass';
}

export function refused({ calls, isBatch }: HttpAsk, refusal: Refusal): HttpReply {
  const { code, message, status = 200, headers } = refusal;
  const answers = calls.map(({ id }) => ({ jsonrpc: '2.0', id: id ?? null, error: { code, message } }));
  return json(isBatch ? answers : answers[0], status, headers);
}

/** Every request gets this. */
export function answers(reply: HttpReply): () => HttpBehaviour {
  return () => () => ({ reply });
}

/** Every request comes to this. */
export function always(act: HttpAct): () => HttpBehaviour {
  return () => () => act;
}
