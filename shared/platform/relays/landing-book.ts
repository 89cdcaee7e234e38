/** How well one way lands what it was given. */
export interface LandingBook {
  /** Sends whose end is known. */
  readonly ended: number;
  readonly landed: number;
  /** EWMA of landed, 0 to 1; undefined before the first end. */
  readonly landedShare: number | undefined;
  /** EWMA of slots from send to landing; undefined before the first. */
  readonly slotsToLand: number | undefined;
  note(end: { readonly landed: boolean; readonly slots: number }): void;
}

/** Of a hundred ends the oldest counts a third. */
const WEIGHT = 0.01;
/** The first ends count whole until there are as many. */
const FIRST = 20;

export function createLandingBook(): LandingBook {
  let ended = 0;
  let landed = 0;
  let landedShare: number | undefined;
  let slotsToLand: number | undefined;

  function mixed(before: number | undefined, next: number, count: number): number {
    if (before === undefined) return next;
    return before + Math.max(WEIGHT, count <= FIRST ? 1 / count : 0) * (next - before);
  }

  return {
    get ended() {
      return ended;
    },
    get landed() {
      return landed;
    },
    get landedShare() {
      return landedShare;
    },
    get slotsToLand() {
      return slotsToLand;
    },
    note(end) {
      ended++;
      landedShare = mixed(landedShare, end.landed ? 1 : 0, ended);
      if (!end.landed) return;
      landed++;
      slotsToLand = mixed(slotsToLand, end.slots, landed);
    },
  };
}
