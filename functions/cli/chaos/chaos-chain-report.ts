/** What one stage of the chain came to. */
export interface ChainChaosStage {
  readonly name: string;
  readonly slots: number;
  /** Slots at whose beginning the service did not trade, though every slot before had been told in time. */
  readonly falseStaleSlots: number;
  /**
   * Slots left out: the two that follow a stall of this machine, node and service alike, and those in which the service
   * has not come back from it, for a second at most.
   */
  readonly stalledSlots: number;
  readonly decisions: number;
  readonly staleDecisions: number;
  readonly falseDecisions: number;
  readonly staleStates: number;
  readonly falseStates: number;
  /** What the service took a slot to last at the end, what one should and what one really lasted on the wall clock. */
  readonly measuredSlotMs: number;
  readonly slotMs: number;
  readonly actualSlotMs: number;
}

export interface ChainChaosReport {
  readonly ok: boolean;
  /** Why not, each in a sentence. */
  readonly faults: readonly string[];
  readonly seed: number;
  readonly stages: readonly ChainChaosStage[];
  readonly tokenAccountRent: { readonly told: string; readonly chain: string };
  readonly alpenglow: boolean;
  /** Transactions on order books: of version 1 on the chain, and what the service came to. */
  readonly transactions: { readonly version1: number; readonly told: number; readonly unread: number };
  /** Usable time by the census, by the chain itself, in seconds. */
  readonly census: { readonly usableSeconds: number; readonly chainSeconds: number };
}

/** Where more slots were left out, too little was looked at to say anything. */
const LEFT_OUT_MOST = 0.15;
/** The slot time and the hour may be so far off: the newest slots are all that is known of a change. */
const TOLERANCE = 0.05;

/** Why a run is not as it should be, each in a sentence; nothing where all is. */
export function chainFaults(found: Omit<ChainChaosReport, 'ok' | 'faults'>): readonly string[] {
  const { stages, tokenAccountRent, alpenglow, transactions, census } = found;
  const faults: string[] = [];
  for (const one of stages) {
    const { name, falseStaleSlots, staleDecisions, falseDecisions, staleStates, falseStates } = one;
    if (falseStaleSlots > 0) faults.push(`${name}: ${falseStaleSlots} slots counted as stale that were not`);
    if (staleDecisions + falseDecisions > 0) {
      faults.push(`${name}: ${staleDecisions} decisions on states that were over, ${falseDecisions} on none`);
    }
    if (staleStates + falseStates > 0) {
      faults.push(
        `${name}: pools quotable on states that were over (${staleStates}) or never were (${falseStates})`,
      );
    }
    if (one.slots === 0) faults.push(`${name}: no slot was heard`);
    else if (!isNear(one)) {
      faults.push(`${name}: a slot of ${one.slotMs} ms was taken for ${one.measuredSlotMs.toFixed(1)} ms`);
    }
  }
  const slots = stages.reduce((sum, one) => sum + one.slots, 0);
  const leftOut = stages.reduce((sum, one) => sum + one.stalledSlots, 0);
  if (leftOut > slots * LEFT_OUT_MOST) {
    faults.push(
      `this machine stalled: ${leftOut} of ${slots} slots were left out, so that not enough was looked at; run it beside less`,
    );
  }
  if (tokenAccountRent.told !== tokenAccountRent.chain) {
    faults.push(`rent: ${tokenAccountRent.told} lamports where the chain asks ${tokenAccountRent.chain}`);
  }
  if (!alpenglow) faults.push('Alpenglow was not noticed');
  if (transactions.version1 === 0) faults.push('no transaction of version 1 was made');
  if (transactions.told === 0 || transactions.unread > 0) {
    faults.push(`transactions: ${transactions.told} read, ${transactions.unread} not`);
  }
  if (!(Math.abs(census.usableSeconds / census.chainSeconds - 1) <= TOLERANCE)) {
    faults.push(
      `census: ${census.usableSeconds.toFixed(1)} s of use where the chain had ${census.chainSeconds.toFixed(1)} s: its hour is off`,
    );
  }
  return faults;
}

/** On a machine that stalls, slots are longer than they should be, and rightly taken for it. */
function isNear({ measuredSlotMs, slotMs, actualSlotMs }: ChainChaosStage): boolean {
  const least = Math.min(slotMs, actualSlotMs) * (1 - TOLERANCE);
  const most = Math.max(slotMs, actualSlotMs) * (1 + TOLERANCE);
  return measuredSlotMs >= least && measuredSlotMs <= most;
}

/** The report for people. */
export function chainChaosLines({
  stages,
  faults,
  census,
  transactions,
}: ChainChaosReport): readonly string[] {
  return [
    ...stages.map(
      (one) =>
        `${one.name}: ${one.slots} slots of ${one.slotMs} ms (really ${one.actualSlotMs.toFixed(1)}, taken for ${one.measuredSlotMs.toFixed(1)}), ` +
        `${one.decisions} decisions, ${one.staleDecisions + one.falseDecisions} stale or false, ` +
        `${one.falseStaleSlots} slots falsely stale, ${one.stalledSlots} while the machine stalled`,
    ),
    `order books: ${transactions.told} transactions read, ${transactions.unread} not; ${transactions.version1} of version 1 made`,
    `census: ${census.usableSeconds.toFixed(1)} s usable, by the chain ${census.chainSeconds.toFixed(1)} s`,
    ...faults.map((fault) => `NOT OK: ${fault}`),
  ];
}
