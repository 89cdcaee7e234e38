import type { Random } from '../../core/random.ts';
import { type FaultKind, isTransportFault } from './fault.ts';
import { openMessageRelay } from './message-relay.ts';
import { setNameKnown } from './names.ts';
import { openTcpFront } from './tcp-front.ts';

export interface FaultProxyParams {
  /** The node behind it. */
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly random: Random;
  /** The name that clients are given for 127.0.0.1: one of `answerLocalNames` for a fault of names to show. */
  readonly host?: string;
}

/** An endpoint on loopback that passes everything on to a node, until it is told to fail. */
export interface FaultProxy {
  readonly rpcUrl: string;
  readonly wsUrl: string;
  readonly fault: FaultKind | undefined;
  /** Messages and answers that were not passed on as they were. */
  readonly touched: number;
  /** Connections accepted since the start. */
  readonly accepted: number;
  /** What goes wrong from now on; undefined: nothing. Connections that a fault broke stay broken. */
  set(fault: FaultKind | undefined): Promise<void>;
  close(): Promise<void>;
}

/** HTTP and WebSocket on one port: a TCP door for what happens to bytes, behind it a relay for what happens to messages. */
export async function openFaultProxy(params: FaultProxyParams): Promise<FaultProxy> {
  const { host = '127.0.0.1', ...node } = params;
  const relay = await openMessageRelay(node);
  const front = await openTcpFront(relay.port);
  let fault: FaultKind | undefined;
  return {
    rpcUrl: `http://${host}:${front.port}`,
    wsUrl: `ws://${host}:${front.port}`,
    get fault() {
      return fault;
    },
    get touched() {
      return relay.touched;
    },
    get accepted() {
      return front.accepted;
    },
    async set(next) {
      fault = next;
      setNameKnown(host, next !== 'dns');
      const transport = next !== undefined && isTransportFault(next) ? next : undefined;
      relay.set(next === undefined || isTransportFault(next) ? undefined : next);
      await front.set(transport);
    },
    async close() {
      await front.close();
      await relay.close();
    },
  };
}
