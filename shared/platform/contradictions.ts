import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
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
  /** Who was wrong, undefined where the account has changed since, so that nothing is proven. */
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

  /**
   * Of a disputed account fetched as of `slot`: two voices must agree, a claim and the fetch or two fetches, since HTTP
   * may be the one that lies. A claim is wrong when its bytes are not those and another endpoint's claim of that slot or
   * before has them, or when it names an owner that the account does not have.
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
      if (claim.slot > slot || sameBytes(claim.account, fetched)) continue;
      const foreign = claim.account !== null && fetched !== null && claim.account.owner !== fetched.owner;
      const disproven = claims.some(
        (other) =>
          other.endpoint !== claim.endpoint && other.slot <= claim.slot && sameBytes(other.account, fetched),
      );
      if (foreign || disproven) return { again: false, wrong: claim };
    }
    return NOT_DISPUTED;
  }
}
