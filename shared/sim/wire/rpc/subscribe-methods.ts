import { readAccountFormat } from './account-encoding.ts';
import { readCommitment } from './context.ts';
import type { RpcMethod, RpcMethods } from './dispatch.ts';
import { type Config, config, flag, list, needParams, pubkey, unsigned } from './params.ts';
import { readFilters } from './program-filters.ts';
import { invalidParams } from './rpc-error.ts';
import { signatureText } from './signature-text.ts';
import type { Subscription, Topic } from './subscription.ts';
import type { SubscriptionHub } from './subscription-hub.ts';

type TopicReader = (params: readonly unknown[]) => { readonly topic: Topic; readonly settings: Config };

const TOPICS: Readonly<Record<string, TopicReader>> = {
  account(params) {
    needParams(params, 1);
    const settings = config(params[1]);
    return {
      topic: { kind: 'account', address: pubkey(params[0]), format: readAccountFormat(settings) },
      settings,
    };
  },
  program(params) {
    needParams(params, 1);
    const settings = config(params[1]);
    const format = readAccountFormat(settings);
    return {
      topic: { kind: 'program', owner: pubkey(params[0]), format, filters: readFilters(settings) },
      settings,
    };
  },
  logs(params) {
    needParams(params, 1);
    const settings = config(params[1]);
    if (params[0] === 'all' || params[0] === 'allWithVotes') {
      return { topic: { kind: 'logs', mentions: undefined }, settings };
    }
    const mentions = list(config(params[0]).mentions).map(pubkey);
    if (mentions.length !== 1) throw invalidParams('Invalid Request: Only 1 address supported');
    return { topic: { kind: 'logs', mentions: mentions[0] }, settings };
  },
  signature(params) {
    needParams(params, 1);
    const settings = config(params[1]);
    const received = flag(settings.enableReceivedNotification, false);
    return { topic: { kind: 'signature', signature: signatureText(params[0]), received }, settings };
  },
  slot: () => ({ topic: { kind: 'slot' }, settings: {} }),
  root: () => ({ topic: { kind: 'root' }, settings: {} }),
};

/** The methods of one connection. `started` hears of each new subscription before it is answered. */
export function subscribeMethods(
  hub: SubscriptionHub,
  connection: {
    readonly send: (text: string) => void;
    /** The subscriptions of this connection. */
    readonly owned: Set<number>;
    readonly started: (subscription: Subscription) => void;
  },
): RpcMethods {
  const methods = new Map<string, RpcMethod>();
  for (const [name, read] of Object.entries(TOPICS)) {
    methods.set(`${name}Subscribe`, (params) => {
      const { topic, settings } = read(params);
      const subscription = hub.add(topic, readCommitment(settings), connection.send);
      connection.owned.add(subscription.id);
      connection.started(subscription);
      return subscription.id;
    });
    methods.set(`${name}Unsubscribe`, (params) => {
      needParams(params, 1);
      const id = unsigned(params[0]);
      const mine = connection.owned.delete(id);
      if (!mine || !hub.remove(id)) throw invalidParams('Invalid subscription id.');
      return true;
    });
  }
  return methods;
}
