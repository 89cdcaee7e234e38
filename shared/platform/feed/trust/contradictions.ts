import type { AccountBytes } from '../../../core/account.ts';
import type { Address } from '../../../core/address.ts';
import { HTTP_VOICE } from '../witness/chain-position.ts';
import { sameBytes } from './account-track.ts';

/** What an endpoint said of an account. */
export interface Claim {
  readonly endpoint: string;
  readonly slot: number;
  readonly account: AccountBytes | null;
  /** It did not say so: it failed to say anything else. */
  readonly silent?: boolean;
}

/** What a fetch of a disputed account came to. */
export interface Settlement {
  /** No second voice says the same: it must be fetched again. */
  readonly again: boolean;
  /** Who was wrong, undefined where nothing is proven: both may have been true, of different slots. */
  readonly wrong: Claim | undefined;
}

const NOT_DISPUTED: Settlement = { again: false, wrong: undefined };
/** Fetches that must agree with nobody before the last of them is taken. */
const FETCHES_MAX = 12;

interface Dispute {
  readonly claims: readonly Claim[];
  readonly fetches: (AccountBytes | null)[];
}

/** Accounts of which two things were said that cannot both be true, until a snapshot says which. */
export class Contradictions {
  readonly #open = new Map<Address, Dispute>();

  get size(): number {
    return this.#open.size;
  }

  raise(address: Address, claims: readonly Claim[]): void {
    const known = this.#open.get(address);
    this.#open.set(address, {
      claims: [...(known?.claims ?? []), ...claims].slice(-4),
      fetches: known?.fetches ?? [],
    });
  }

  drop(address: Address): void {
    this.#open.delete(address);
  }

  /** The chain has left these slots: what was said of them was true where it was said. */
  leave(slots: ReadonlySet<number>): void {
    for (const [address, { claims, fetches }] of this.#open) {
      if (!claims.some(({ slot }) => slots.has(slot))) continue;
      this.#open.set(address, { claims: claims.filter(({ slot }) => !slots.has(slot)), fetches });
    }
  }

  /**
   * Of a disputed account fetched as of `slot`: two voices must agree, a claim and the fetch or two fetches, since HTTP
   * may be the one that lies. Whose claim is not so is wrong only when it is proven; see `isDisproven`.
   */
  settle(address: Address, slot: number, fetched: AccountBytes | null): Settlement {
    const dispute = this.#open.get(address);
    if (dispute === undefined) return NOT_DISPUTED;
    const { claims, fetches } = dispute;
    const seconded =
      claims.some((claim) => claim.slot <= slot && sameBytes(claim.account, fetched)) ||
      fetches.some((earlier) => sameBytes(earlier, fetched));
    if (!seconded && fetches.length < FETCHES_MAX) {
      fetches.push(fetched);
      return { again: true, wrong: undefined };
    }
    this.#open.delete(address);
    for (const claim of claims) {
      if (isDisproven(claim, claims, slot, fetched)) return { again: false, wrong: claim };
    }
    return NOT_DISPUTED;
  }
}

/**
 * Two claims of different slots are no contradiction: the account may have changed between them, and changed back. A
 * claim is disproven by another endpoint that says otherwise of the same slot, where the fetch has that one's bytes; of
 * one that was only silent, where the fetch is as of that very slot. Or by an owner that the account had before and has
 * after. HTTP is whoever answered: nobody stands for what it said.
 */
function isDisproven(
  claim: Claim,
  claims: readonly Claim[],
  slot: number,
  fetched: AccountBytes | null,
): boolean {
  if (claim.endpoint === HTTP_VOICE || claim.slot > slot || sameBytes(claim.account, fetched)) return false;
  const isFetchedThen = slot === claim.slot;
  const isContradicted = claims.some(
    (other) =>
      other.endpoint !== claim.endpoint &&
      other.slot === claim.slot &&
      sameBytes(other.account, fetched) &&
      (isFetchedThen || (other.silent !== true && other.endpoint !== HTTP_VOICE)),
  );
  if (isContradicted) return true;
  const owner = claim.account?.owner;
  if (fetched === null || owner === undefined || owner === fetched.owner) return false;
  return claims.some(
    (other) => other !== claim && other.slot <= claim.slot && other.account?.owner === fetched.owner,
  );
}
