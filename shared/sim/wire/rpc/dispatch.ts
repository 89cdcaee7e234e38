import { ArbError, errorText } from '../../../core/errors.ts';
import { type Json, jsonText } from './json-text.ts';
import { INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR } from './rpc-error.ts';

/** Answers one call, or throws what `rpcError` makes. */
export type RpcMethod = (params: readonly unknown[]) => Json;
export type RpcMethods = ReadonlyMap<string, RpcMethod>;

const INTERNAL_ERROR = -32_603;

/** The answer to a JSON-RPC 2.0 text, batches included; undefined when it asks for none. */
export function answer(text: string, methods: RpcMethods): string | undefined {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    // The protocol's answer to text that is not JSON; the parser's own words are not part of it.
    return failure('null', PARSE_ERROR, 'Parse error');
  }
  if (!Array.isArray(request)) return answerOne(request, methods);
  if (request.length === 0) return failure('null', INVALID_REQUEST, 'Invalid request');
  const answers = request.map((one) => answerOne(one, methods)).filter((one) => one !== undefined);
  return answers.length === 0 ? undefined : `[${answers.join(',')}]`;
}

function answerOne(request: unknown, methods: RpcMethods): string | undefined {
  if (typeof request !== 'object' || request === null)
    return failure('null', INVALID_REQUEST, 'Invalid request');
  const { jsonrpc, id, method, params } = request as Record<string, unknown>;
  const idOk = id === undefined || id === null || typeof id === 'string' || typeof id === 'number';
  const idText = idOk ? JSON.stringify(id ?? null) : 'null';
  if (jsonrpc !== '2.0' || typeof method !== 'string' || !idOk) {
    return failure(idText, INVALID_REQUEST, 'Invalid request');
  }
  const reply = call(idText, methods.get(method), params);
  // A request without an id is a notification: it is done, and nobody waits for an answer.
  return id === undefined ? undefined : reply;
}

function call(idText: string, method: RpcMethod | undefined, params: unknown): string {
  if (method === undefined) return failure(idText, METHOD_NOT_FOUND, 'Method not found');
  if (params !== undefined && params !== null && !Array.isArray(params)) {
    return failure(idText, INVALID_PARAMS, '`params` should be an array');
  }
  try {
    const result = method((params as readonly unknown[] | null | undefined) ?? []);
    return `{"jsonrpc":"2.0","result":${jsonText(result)},"id":${idText}}`;
  } catch (thrown) {
    if (!(thrown instanceof ArbError) || thrown.code !== 'rpc-refused') {
      return failure(idText, INTERNAL_ERROR, `Internal error: ${errorText(thrown)}`);
    }
    const { rpcCode, data } = thrown.context;
    return failure(idText, Number(rpcCode), thrown.message, typeof data === 'string' ? data : undefined);
  }
}

function failure(idText: string, code: number, message: string, data?: string): string {
  const tail = data === undefined ? '' : `,"data":${data}`;
  return `{"jsonrpc":"2.0","error":{"code":${code},"message":${JSON.stringify(message)}${tail}},"id":${idText}}`;
}
