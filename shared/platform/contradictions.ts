import type { AccountBytes } from '../core/account.ts';
import type { Address } from '../core/address.ts';
import { sameBytes } from './account-track.ts';

/** What an endpoint said of an account. */
export interface Claim {
  readonly endpoint: string;
  readonly slot: number;
  readonly account: AccountBytes | null;
}

/** Accounts of which two things were said that cannot both be true, until a snapshot says which. */
export class Contradictions {
  readonly #open = new Map<Address, readonly Claim[]>();

  get size(): number {
    return this.#open.size;
  }

  raise(address: Address, claims: readonly Claim[]): void {
    const known = this.#open.get(address) ?? [];
    this.#open.set(address, [...known, ...claims].slice(-4));
  }

  drop(address: Address): void {
    this.#open.delete(address);
  }

  /**
   * The endpoint that was wrong, now that the account was fetched as of `slot`: its bytes are not the chain's, and
   * either another claim of that slot or later is, or they name an owner that the account does not have. Undefined
   * where the account has changed since, so that nothing is proven.
   */
  settle(address: Address, slot: number, truth: AccountBytes | null): string | undefined {
    const claims = this.#open.get(address);
    if (claims === undefined) return undefined;
    this.#open.delete(address);
    for (const claim of claims) {
      if (claim.slot > slot || sameBytes(claim.account, truth)) continue;
      const foreign = claim.account !== null && truth !== null && claim.account.owner !== truth.owner;
      const disproven = claims.some(
        (other) =>
          other.endpoint !== claim.endpoint && other.slot <= claim.slot && sameBytes(other.account, truth),
      );
      if (foreign || disproven) return claim.endpoint;
    }
    return undefined;
  }
}
