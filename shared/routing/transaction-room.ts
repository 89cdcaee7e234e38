import { type Address, addressAt } from '../core/address.ts';
import type { Graph } from './graph/graph.ts';

/**
 * Accounts of a transaction beside those of its swaps: the programs that set its budget, move the tip and compare what
 * the wallet holds, and the account that is tipped. The wallet's own are among those of the swaps.
 */
export const FIXED_ACCOUNTS = 4;

/**
 * Whether one transaction may lock the accounts of all its swaps. An account counts once, whichever of the swaps name it:
 * programs, vaults of one mint, the wallet and its token accounts are shared.
 */
export class TransactionRoom {
  /** True once a set of pools had no room, until it is set back. */
  refused = false;
  readonly #graph: Graph;
  readonly #most: () => number;
  /** By edge: what its swap instruction names, as of a revision of the edge. */
  readonly #accounts: (ReadonlySet<Address> | undefined)[] = [];
  readonly #revisions: number[] = [];
  /** By mint id. */
  readonly #walletAccounts: Address[] = [];

  /** `most` is how many accounts the chain lets one transaction lock. */
  constructor(graph: Graph, most: () => number) {
    this.#graph = graph;
    this.#most = most;
  }

  /** True when one transaction has room for a swap on each of the first `count` edges. */
  holds(edges: ArrayLike<number>, count: number): boolean {
    const most = this.#most();
    let sum = FIXED_ACCOUNTS;
    for (let i = 0; i < count; i++) sum += this.accountsOf(edges[i]!).size;
    // Few enough even if no two swaps share one.
    if (sum <= most || this.#countOf(edges, count) <= most) return true;
    this.refused = true;
    return false;
  }

  #countOf(edges: ArrayLike<number>, count: number): number {
    const distinct = new Set<Address>();
    for (let i = 0; i < count; i++) for (const address of this.accountsOf(edges[i]!)) distinct.add(address);
    return FIXED_ACCOUNTS + distinct.size;
  }

  /** What the swap instruction of an edge names, its program included. */
  accountsOf(edge: number): ReadonlySet<Address> {
    const known = this.#accounts[edge];
    const revision = this.#graph.revision[edge]!;
    if (known !== undefined && this.#revisions[edge] === revision) return known;
    const { venue, state } = this.#graph.poolOf(edge);
    const { programId, accounts } = venue.swap(state!, {
      owner: WALLET,
      tokenA: this.#walletAccountOf(state!.mintA),
      tokenB: this.#walletAccountOf(state!.mintB),
      aToB: (edge & 1) === 0,
      amountIn: 1n,
      minAmountOut: 0n,
    });
    const named = new Set(accounts.map(({ address }) => address)).add(programId);
    this.#accounts[edge] = named;
    this.#revisions[edge] = revision;
    return named;
  }

  #walletAccountOf(mint: Address): Address {
    const id = this.#graph.mintId(mint);
    this.#walletAccounts[id] ??= walletAccount(id);
    return this.#walletAccounts[id];
  }
}

/** Stand-ins, each another address: what counts is that the wallet has one account a mint. */
const WALLET = addressAt(new Uint8Array(32).fill(251));

function walletAccount(mintId: number): Address {
  const bytes = new Uint8Array(32).fill(252);
  new DataView(bytes.buffer).setUint32(0, mintId);
  return addressAt(bytes);
}
