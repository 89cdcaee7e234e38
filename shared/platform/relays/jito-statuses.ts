import { AccountPayloadDecoder } from '../rpc/account-payload.ts';
import { arrayOf, contextOf, eachReadable, integerOf, objectOf } from '../rpc/rpc-answer.ts';
import { badAnswer } from '../rpc/rpc-http.ts';
import type { RelayLine } from './relay-line.ts';

/**
 * What a block engine says of a bundle. `landed`: it is in a block. `pending`: it is still tried. `given-up`: the engine
 * tries no longer; its transaction may land alone all the same. `unknown`: not found, and that proves nothing.
 */
export type BundleState =
  | { readonly state: 'landed'; readonly slot: number; readonly failed: boolean }
  | { readonly state: 'pending' }
  | { readonly state: 'given-up' }
  | { readonly state: 'unknown'; readonly why: 'not-found' | 'other-transactions' | 'unreadable' };

export interface AskedBundle {
  readonly bundleId: string;
  /** Of the transaction that must be in it. */
  readonly signature: string;
}

/** Reads of a block engine. Each throws ArbError `rpc-…`. */
export interface JitoStatuses {
  /** Bundles of the last minutes, by id: at most `STATUSES_MAX`. */
  inflight(
    bundles: readonly AskedBundle[],
    deadlineMicros: number,
  ): Promise<ReadonlyMap<string, BundleState>>;
  /** Bundles that are in a block, by id: at most `STATUSES_MAX`. */
  landed(bundles: readonly AskedBundle[], deadlineMicros: number): Promise<ReadonlyMap<string, BundleState>>;
  /** As told: whoever uses them checks them (`TipAccounts`). */
  tipAccounts(deadlineMicros: number): Promise<readonly unknown[]>;
}

/** Bundles that one call may ask for. */
export const STATUSES_MAX = 5;
const PATH = '/api/v1/bundles';

export function createJitoStatuses(line: RelayLine): JitoStatuses {
  const payloads = new AccountPayloadDecoder();
  const reader = (method: string) => ({ method, host: line.host, payloads });

  function ask(
    method: string,
    bundles: readonly AskedBundle[],
    deadlineMicros: number,
    read: (member: Readonly<Record<string, unknown>>, asked: AskedBundle) => BundleState,
  ): Promise<ReadonlyMap<string, BundleState>> {
    const asked = bundles.slice(0, STATUSES_MAX);
    return line.call({
      method,
      path: PATH,
      params: [asked.map(({ bundleId }) => bundleId)],
      priority: 'confirmation',
      deadlineMicros,
      check: (result) => statesOf(method, asked, result, read),
    });
  }

  function statesOf(
    method: string,
    asked: readonly AskedBundle[],
    result: unknown,
    read: (member: Readonly<Record<string, unknown>>, asked: AskedBundle) => BundleState,
  ): ReadonlyMap<string, BundleState> {
    const states = new Map<string, BundleState>(
      asked.map(({ bundleId }) => [bundleId, { state: 'unknown', why: 'not-found' }]),
    );
    // Where none is found some say null, and some an empty list.
    if (result === null) return states;
    const at = reader(method);
    const { value } = contextOf(at, result);
    if (value === null) return states;
    eachReadable(arrayOf(at, value, 'result.value'), (member, i) => {
      if (member === null) return;
      const found = objectOf(at, member, `result.value[${i}]`);
      const one = asked.find(({ bundleId }) => bundleId === found.bundle_id);
      if (one === undefined) return;
      states.set(one.bundleId, { state: 'unknown', why: 'unreadable' });
      states.set(one.bundleId, read(found, one));
    });
    return states;
  }

  return {
    inflight: (bundles, deadlineMicros) =>
      ask('getInflightBundleStatuses', bundles, deadlineMicros, ({ status, landed_slot: slot }) => {
        switch (status) {
          case 'Pending':
            return { state: 'pending' };
          case 'Failed':
            return { state: 'given-up' };
          case 'Landed':
            return {
              state: 'landed',
              slot: integerOf(reader('getInflightBundleStatuses'), slot, 'landed_slot'),
              failed: false,
            };
          default:
            return { state: 'unknown', why: status === 'Invalid' ? 'not-found' : 'unreadable' };
        }
      }),
    landed: (bundles, deadlineMicros) =>
      ask('getBundleStatuses', bundles, deadlineMicros, ({ slot, transactions, err }, { signature }) => {
        const at = reader('getBundleStatuses');
        if (!arrayOf(at, transactions, 'transactions').includes(signature)) {
          return { state: 'unknown', why: 'other-transactions' };
        }
        return { state: 'landed', slot: integerOf(at, slot, 'slot'), failed: hasFailed(line.host, err) };
      }),
    tipAccounts: (deadlineMicros) =>
      line.call({
        method: 'getTipAccounts',
        path: PATH,
        params: [],
        priority: 'reports',
        deadlineMicros,
        check: (result) => arrayOf(reader('getTipAccounts'), result, 'result'),
      }),
  };
}

/** `{Ok: null}`, or null, of one that did not fail. */
function hasFailed(host: string, err: unknown): boolean {
  if (err === null || err === undefined) return false;
  if (typeof err !== 'object') throw badAnswer('getBundleStatuses', host, 'err', 'is no object');
  return !('Ok' in err);
}
