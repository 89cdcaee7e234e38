import type { Address } from '../../shared/core/address.ts';
import type { MarketEvent } from '../../shared/engine/event.ts';
import type { SlotAdvance } from '../../shared/sim/bank.ts';
import type { LocalMarket } from './local-market.ts';
import type { Subscriptions } from './pipeline.ts';

/** Length of a slot of the local market. */
export const SLOT_MS = 400;

/** An event before anybody has stamped it. */
export type UnstampedEvent = DistributiveOmit<MarketEvent, 'atMicros'>;

/** The events of a local market as its account feed tells them, without sockets and without waiting. */
export interface SimulatedFeed {
  /** What is asked for is told with the next slot, as the chain stood then. */
  readonly subscriptions: Subscriptions;
  /** The feed is down until the first snapshot is whole, exactly as over sockets. */
  start(): void;
  /** One slot: its changed accounts, what was asked for, then the next slot. */
  step(): void;
}

export function createSimulatedFeed(
  { world }: Pick<LocalMarket, 'world'>,
  tell: (event: UnstampedEvent) => void,
): SimulatedFeed {
  const { bank } = world;
  const watched = new Set<Address>();
  const asked: Address[] = [];

  const answer = (slot: number): void => {
    for (let address = asked.shift(); address !== undefined; address = asked.shift()) {
      tell({ kind: 'account', update: { address, slot, account: bank.at(slot).get(address) } });
    }
  };

  const tellSlot = (advance: SlotAdvance): void => {
    for (const { address, account } of advance.changed) {
      if (!watched.has(address)) continue;
      const gone = account.lamports === 0n;
      tell({ kind: 'account', update: { address, slot: advance.parent, account: gone ? null : account } });
    }
    answer(advance.parent);
    tell({ kind: 'slot', slot: advance.slot, parent: advance.parent });
  };

  return {
    subscriptions: {
      watch(addresses) {
        for (const address of addresses) {
          watched.add(address);
          asked.push(address);
        }
      },
      unwatch(addresses) {
        for (const address of addresses) watched.delete(address);
      },
    },
    start() {
      tell({ kind: 'feed', live: false, reason: 'starting' });
      const first = bank.advanceSlot();
      answer(first.parent);
      tell({ kind: 'slot', slot: first.slot, parent: first.parent });
      tell({ kind: 'feed', live: true, reason: 'first snapshot complete' });
      answer(first.parent);
    },
    step: () => tellSlot(world.step()),
  };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
