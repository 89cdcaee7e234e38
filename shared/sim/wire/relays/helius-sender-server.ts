import type { Address } from '../../../core/address.ts';
import type { Random } from '../../../core/random.ts';
import { type ApiReply, type ApiRequest, type ApiServer, startApiServer } from '../../apis/api-server.ts';
import type { Bank } from '../../chain/bank.ts';
import type { BankTransaction } from '../../chain/transaction.ts';
import { answer, type RpcMethods } from '../rpc/dispatch.ts';
import { choice, config, transactionBytes } from '../rpc/params.ts';
import { invalidParams } from '../rpc/rpc-error.ts';
import { poolsOf } from '../rpc/transaction-methods.ts';
import { decodeWireTransaction, resolveTransaction, signaturesValid } from '../wire-transaction.ts';
import { createCallLimit } from './call-limit.ts';

export interface HeliusSenderServerOptions {
  readonly bank: Bank;
  readonly random: Random;
  readonly tipAccounts: readonly Address[];
  readonly port?: number;
  /** Of what it takes, the part that reaches no leader. */
  readonly droppedShare?: number;
  readonly requestsPerSecond?: number;
  readonly beforeTransaction?: (pools: readonly Address[]) => void;
}

export interface HeliusSenderServer extends ApiServer {
  /** Times that this signature was taken in. */
  received(signature: string): number;
}

const LEAST_TIP = 1_000_000n;
const LEAST_TIP_SWQOS = 5_000n;
const REQUESTS_PER_SECOND = 50;
/** Slots between being taken in and being run: most go into the open one. */
const MOST_DELAY_SLOTS = 2;
const KEPT_RECEIPTS = 10_000;

/** Helius Sender on loopback: passes on to leaders at once, protects from nothing, and charges what fails. */
export async function startHeliusSenderServer(
  options: HeliusSenderServerOptions,
): Promise<HeliusSenderServer> {
  const { bank, random, tipAccounts, droppedShare = 0 } = options;
  const limit = createCallLimit(options.requestsPerSecond ?? REQUESTS_PER_SECOND, () => performance.now());
  const receipts = new Map<string, number>();
  const waiting: { readonly slot: number; readonly bytes: Uint8Array }[] = [];

  function take(params: readonly unknown[], leastTip: bigint): string {
    const settings = config(params[1]);
    if (settings.skipPreflight !== true) throw invalidParams('skipPreflight must be true');
    const encoding = choice(settings.encoding, ['base58', 'base64'], 'base58');
    const bytes = transactionBytes(params[0], encoding);
    const transaction = resolved(bytes);
    if (tipOf(transaction) < leastTip) {
      throw invalidParams(
        `transaction must send a tip of at least ${leastTip} lamports to one of the following Helius wallets: ${tipAccounts.join(', ')}`,
      );
    }
    const { signature } = transaction;
    receipts.set(signature, (receipts.get(signature) ?? 0) + 1);
    if (receipts.size > KEPT_RECEIPTS) receipts.delete(receipts.keys().next().value!);
    if (random.next() >= droppedShare) {
      const delay = random.below(MOST_DELAY_SLOTS + 1);
      if (delay === 0) run(bytes);
      else waiting.push({ slot: bank.slot + delay, bytes });
    }
    return signature;
  }

  function resolved(bytes: Uint8Array): BankTransaction {
    const decoded = decodeWireTransaction(bytes);
    if (!decoded.ok) throw invalidParams('failed to deserialize transaction');
    if (!signaturesValid(decoded.value)) throw invalidParams('Transaction signature verification failure');
    const transaction = resolveTransaction(decoded.value, bank.get, bank.slot, bank.rules);
    if (!transaction.ok) throw invalidParams(`invalid transaction: ${transaction.reason}`);
    return transaction.value;
  }

  /** What the transaction says that it pays, whether or not it will come to that. */
  function tipOf({ instructions }: BankTransaction): bigint {
    return instructions.reduce((sum, { accounts, data }) => {
      const to = accounts[1]?.address;
      const isTip = data.length === 12 && data[0] === 2 && to !== undefined && tipAccounts.includes(to);
      return isTip ? sum + Buffer.from(data).readBigUInt64LE(4) : sum;
    }, 0n);
  }

  function run(bytes: Uint8Array): void {
    const decoded = decodeWireTransaction(bytes);
    if (!decoded.ok || bank.rules.consensus === 'migrating') return;
    const transaction = resolveTransaction(decoded.value, bank.get, bank.slot, bank.rules);
    if (!transaction.ok || bank.landed(transaction.value.signature) !== undefined) return;
    options.beforeTransaction?.(poolsOf(bank, transaction.value));
    bank.execute(transaction.value);
  }

  const stopSlots = bank.onSlot(({ slot }) => {
    const due = waiting.filter((one) => one.slot <= slot);
    for (const one of due) {
      waiting.splice(waiting.indexOf(one), 1);
      run(one.bytes);
    }
  });

  function serve({ method, path, query, body }: ApiRequest): ApiReply {
    if (method === 'GET' && path === '/ping') return { status: 200, body: 'ok' };
    if (method !== 'POST' || path !== '/fast') return { status: 404, body: { error: 'not found' } };
    if (!limit.admits('')) return { status: 429, body: { error: 'rate limit exceeded' } };
    const leastTip = query.get('swqos_only') === 'true' ? LEAST_TIP_SWQOS : LEAST_TIP;
    const methods: RpcMethods = new Map([['sendTransaction', (params) => take(params, leastTip)]]);
    return { status: 200, body: JSON.parse(answer(body, methods) ?? '{}') as unknown };
  }

  const server = await startApiServer(serve, options.port);
  return {
    ...server,
    get requests() {
      return server.requests;
    },
    received: (signature) => receipts.get(signature) ?? 0,
    async stop() {
      stopSlots();
      await server.stop();
    },
  };
}
