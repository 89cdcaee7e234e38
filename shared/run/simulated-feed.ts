import type { Address } from '../core/address.ts';
import type { MarketEvent } from '../engine/event.ts';
import type { SlotAdvance } from '../sim/chain/bank.ts';
import type { ChainRules } from '../sim/chain/chain-rules.ts';
import { LOCAL_PROGRAMS } from '../sim/chain/local-rules.ts';
import { simulatedParameters } from '../sim/chain/simulated-parameters.ts';
import type { LocalMarket } from './local-market.ts';
import type { Subscriptions } from './pipeline.ts';

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
  /** Milliseconds of the market's own time since the start. */
  readonly elapsedMs: number;
}

export function createSimulatedFeed(
  { world }: Pick<LocalMarket, 'world'>,
  tell: (event: UnstampedEvent) => void,
): SimulatedFeed {
  const { bank } = world;
  const watched = new Set<Address>();
  const asked: Address[] = [];
  let toldRules: ChainRules | undefined;
  let startedMs = 0;

  const answer = (slot: number): void => {
    for (let address = asked.shift(); address !== undefined; address = asked.shift()) {
      tell({ kind: 'account', update: { address, slot, account: bank.at(slot).get(address) } });
    }
  };

  /** What the chain is, before its first slot and wherever it changes. */
  const tellChain = (): void => {
    if (bank.rules === toldRules) return;
    toldRules = bank.rules;
    tell({ kind: 'chain', parameters: simulatedParameters(bank) });
  };

  const tellSlot = (advance: SlotAdvance): void => {
    for (const { address, account } of advance.changed) {
      if (!watched.has(address)) continue;
      const gone = account.lamports === 0n;
      tell({ kind: 'account', update: { address, slot: advance.parent, account: gone ? null : account } });
    }
    answer(advance.parent);
    tellChain();
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
      startedMs = bank.elapsedMs;
      tellChain();
      for (const program of LOCAL_PROGRAMS) tell({ kind: 'program', ...program });
      answer(first.parent);
      tell({ kind: 'slot', slot: first.slot, parent: first.parent });
      tell({ kind: 'feed', live: true, reason: 'first snapshot complete' });
      answer(first.parent);
    },
    step: () => tellSlot(world.step()),
    get elapsedMs() {
      return bank.elapsedMs - startedMs;
    },
  };
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
