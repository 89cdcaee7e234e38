/**
 * Nothing about the chain is a constant: what it is stands in `core/chain-parameters.ts`, read from the chain or marked as
 * assumed, and what is meant as a time is stated in milliseconds and turned into slots by the slot time there is.
 */

/** Figures of the chain, however they are grouped: compute units, bytes, slots, lamports, a slot's microseconds. */
const FIGURES = ['1400000', '1232', '400000', '432000', '216000', '2039280', '6960'];
const NUMBER = /(?<![\w.])\d[\d_]*(?=n?(?![\w.]))/g;
/** `KEPT_SLOTS`, `SLOTS_PER_TURN`, `SLOT_DISAGREEMENT_MAX`, `SLOT_MICROS`. */
const SLOTS_CONSTANT =
  /\bconst ([A-Z0-9_]*_SLOTS|SLOTS(?:_[A-Z0-9]+)*|SLOT(?:_[A-Z0-9]+)*_(?:MAX|MICROS|MS))\s*(?::[^=]+)?=\s*[\d._]+n?;/g;

/** Not of the chain, though the figure is the same: by file and figure, with what it is. */
const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  // An account's length.
  'shared/venues/meteora-damm-v1/vault-layout.ts': ['1232'],
  // What one wallet asks for.
  'shared/sim/traders/trader-transaction.ts': ['400000'],
  // A cost in a test of stores.
  'shared/platform/store/contract.ts': ['400000'],
};

/** Counts of slots that no slot time changes: how many are kept, or lie between two things of the protocol. */
const COUNTS: Readonly<Record<string, readonly string[]>> = {
  'functions/cli/chaos/chaos-chain.ts': ['RECENT_SLOTS'],
  // What the SlotHashes sysvar holds, however long its slots are.
  'shared/execution/build/plan-tables.ts': ['REMEMBERED_SLOTS'],
  'shared/run/census.ts': ['SLOTS_PER_TURN'],
  'shared/run/simulated-run.ts': ['SLOTS_PER_TURN'],
  'shared/market/market.ts': ['DEFAULT_ESTIMATE_AGE_SLOTS'],
  'shared/platform/feed/witness/clock-witness.ts': ['OLD_SLOTS'],
  'shared/platform/config/schema.ts': ['MAX_SLOTS'],
  'shared/platform/rpc/pool/slot-book.ts': ['CATCH_UP_SLOTS'],
  'shared/platform/feed/trust/slot-line.ts': ['KEPT_SLOTS'],
  // How long one call for the slot may take.
  'shared/platform/feed/connection/synchronizer.ts': ['SLOT_DEADLINE_MS', 'SLOT_DEADLINE_MOST_MS'],
  'shared/platform/feed/wire/yellowstone/subscriptions.ts': ['SLOTS_ID'],
};

/** Where a chain is played, what its nodes keep is the node's own. */
const PLAYED = /^shared\/sim\/|\/test-[a-z-]+\.ts$/;
const NOT_JUDGED = /\.(test|bench)\.ts$|^shared\/core\/chain-parameters\.ts$|^shared\/repository-checks\//;

/** What a source file states of the chain by itself. */
export function chainConstants(path: string, text: string): readonly string[] {
  if (!path.endsWith('.ts') || NOT_JUDGED.test(path)) return [];
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(?<!:)\/\/.*$/gm, '');
  const others = OTHERWISE[path] ?? [];
  const figures = [...code.matchAll(NUMBER)]
    .map(([figure]) => figure.replaceAll('_', ''))
    .filter((figure) => FIGURES.includes(figure) && !others.includes(figure));
  const known = COUNTS[path] ?? [];
  const counts = PLAYED.test(path)
    ? []
    : [...code.matchAll(SLOTS_CONSTANT)].map(([, name]) => name!).filter((name) => !known.includes(name));
  return [...figures, ...counts];
}

/** Exceptions that no file needs any more. */
export function staleExceptions(files: ReadonlyMap<string, string>): readonly string[] {
  const stale: string[] = [];
  for (const [path, figures] of Object.entries(OTHERWISE)) {
    const digits = (files.get(path) ?? '').replaceAll('_', '');
    for (const figure of figures) if (!digits.includes(figure)) stale.push(`${path}: ${figure}`);
  }
  for (const [path, names] of Object.entries(COUNTS)) {
    for (const name of names) if (files.get(path)?.includes(name) !== true) stale.push(`${path}: ${name}`);
  }
  return stale;
}
