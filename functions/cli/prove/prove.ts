import { resolve } from 'node:path';
import { USDC_MINT, WSOL_MINT } from '../../../shared/core/address.ts';
import { ArbError } from '../../../shared/core/errors.ts';
import { createRandom } from '../../../shared/core/random.ts';
import { createStillMarket } from '../../../shared/market/still-market.ts';
import {
  createProgramFolder,
  createProgramRpc,
  type ProgramBinary,
  type ProgramSource,
} from '../../../shared/platform/chain/program-binary.ts';
import { createProofs } from '../../../shared/platform/chain/proofs.ts';
import { createProgramVm, type ProgramVm } from '../../../shared/platform/chain/vm/program-vm.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { type MarketSnapshot, readMarketSnapshot } from '../../../shared/platform/files/snapshot-file.ts';
import { createEd25519Signer } from '../../../shared/platform/keys/ed25519-signer.ts';
import { createRpcClient } from '../../../shared/platform/rpc/rpc-client.ts';
import { EXIT } from '../frame/exit-code.ts';
import { createProgress } from '../frame/progress.ts';
import { refuseIdle } from '../frame/used-keys.ts';
import { defineVerb, type VerbContext } from '../frame/verb.ts';
import { capsLines, holds, proveCaps } from './prove-caps.ts';
import { loadProvable, type ProvablePool } from './prove-market.ts';
import { type OrderProof, proveOrders } from './prove-orders.ts';
import { provePool } from './prove-pool.ts';
import { createReport, reportLines, venueProofs } from './prove-report.ts';
import type { RouteProof } from './prove-route.ts';
import { proveRoutes } from './prove-routes.ts';
import { proveByRules, type RuledProofs } from './prove-rules.ts';
import { createProofWallet, type ProofWallet } from './prove-wallet.ts';

const DEFAULT_SAMPLES = 64;
const BEST_ROUTES = 25;
const ROUTE_MAX_IN = 100_000_000_000n;

/** `arb prove`: our swaps, executed by the venues' real programs on a snapshot's accounts. */
export const proveVerb = defineVerb({
  name: 'prove',
  summary: 'execute our swaps with the real programs on a snapshot and compare',
  usage:
    '(--snapshot FILE [--pool ADDRESS] [--samples N] [--routes] | --compute-caps) (--programs DIR | --rpc URL) [--json]',
  details: [
    'Loads the venues’ program binaries into LiteSVM (npm run prove:install puts it beside the dependencies, once) and',
    'executes our own swap instructions on the snapshot’s accounts and clock: single swaps of logarithmically spaced',
    'amounts in both directions, two swaps in one transaction, and swaps with the quoted amount as the least output.',
    'A swap is equal when the wallet changes by what was predicted, to the unit, or when we refuse and the program fails.',
    'With --routes, what pays after costs is also approved, built, signed and executed as the whole transaction that would be',
    'sent (limits, guards, look-up tables, tip): it must pay what was predicted, cost what was predicted, and revert, tip',
    'unpaid, once somebody else has traded first; its bytes are held against those of web3.js and kit.',
    'Accounts that the snapshot lacks do not exist to a proof. The result is kept as each venue’s proof, with the hash of',
    'its program, in proofs.json under store.dir. Exit 0 when all is equal, 1 otherwise.',
  ].join('\n'),
  flags: {
    snapshot: { kind: 'string', value: 'FILE', summary: 'market snapshot' },
    'compute-caps': {
      kind: 'boolean',
      summary:
        'instead: swaps at, below and above each venue’s cap of compute units, on pools made up for it',
    },
    programs: { kind: 'string', value: 'DIR', summary: 'folder of program binaries, <program id>.so' },
    rpc: { kind: 'string', value: 'URL', summary: 'take the programs from this RPC instead' },
    pool: { kind: 'string', value: 'ADDRESS', summary: 'only this pool of the snapshot' },
    samples: { kind: 'count', value: 'N', summary: `amounts in each direction (default ${DEFAULT_SAMPLES})` },
    routes: {
      kind: 'boolean',
      summary: `also execute the ${BEST_ROUTES} best cycles, routes through every other pool, and orders whole and signed`,
    },
    json: { kind: 'boolean', summary: 'print one JSON object' },
  },
  usesConfig: ['routing.maxLegs', 'routing.maxSwaps', 'store.dir'],
  async run(context) {
    const { flags, stdout, stderr, clock, cwd, loadConfig } = context;
    const loaded = loadConfig();
    const { config } = loaded;
    if (!flags.routes) refuseIdle(loaded, ['routing'], 'it goes with --routes');
    const source = programSource(context);
    if (flags['compute-caps']) {
      refuseBeside(flags);
      refuseIdle(loaded, ['store'], 'a proof of compute caps is not kept');
      const results = await proveCaps(source);
      if (flags.json) stdout.line(JSON.stringify({ holds: holds(results), venues: results }, null, 2));
      else for (const line of capsLines(results)) stdout.line(line);
      return holds(results) ? EXIT.ok : EXIT.negative;
    }
    if (flags.snapshot === undefined) {
      throw new ArbError('usage-missing-flag', 'prove needs --snapshot FILE, or --compute-caps');
    }
    const snapshot = readMarketSnapshot(resolve(cwd, flags.snapshot));
    if (flags.pool !== undefined && !snapshot.pools.some(({ address }) => address === flags.pool)) {
      throw new ArbError('usage-unknown-pool', `${flags.snapshot} has no pool "${flags.pool}"`);
    }
    const { pools, programs, skipped } = await loadProvable(snapshot, source, flags.pool);
    for (const { pool, venue, reason } of skipped) stderr.line(`skipped ${venue} ${pool}: ${reason}`);
    if (flags.pool !== undefined && pools.length === 0) {
      throw new ArbError('snapshot-pool-unusable', `pool ${flags.pool} cannot be proven`);
    }

    const held = new Map(snapshot.accounts.map(({ address, account }) => [address, account]));
    const binaries = [...programs.values()];
    const vm = createProgramVm({ clock: snapshot.clock, accounts: snapshot.accounts, programs: binaries });
    const wallet = createProofWallet(vm, held);
    for (const { state } of pools) wallet.learn(state);
    let done = 0;
    let ruled: RuledProofs = { proofs: [], rules: new Map() };
    const progress = createProgress({
      output: stderr,
      clock,
      describe: () => `${done} of ${pools.length} pools proven`,
    });
    const samples = flags.samples ?? DEFAULT_SAMPLES;
    try {
      ruled = proveByRules(pools, programs, held, (venue, state) => {
        done = Math.min(pools.length, done + 1);
        progress.tick();
        return provePool({ venue, state, clock: snapshot.clock, vm, wallet, samples });
      });
    } finally {
      progress.stop();
    }
    const { proofs: proven, rules } = ruled;
    const routes = flags.routes
      ? await routesOf(snapshot, { pools, rules }, vm, wallet, binaries, config.routing)
      : undefined;

    const proofs = createProofs(resolve(cwd, config.store.dir));
    proofs.record(venueProofs(pools, ruled, programs, new Date(clock.nowMs()).toISOString()));
    const report = createReport({
      pools: proven,
      routes: routes?.routes,
      orders: routes?.orders,
      programs: binaries,
      skipped,
      proofsFile: proofs.path,
    });
    if (flags.json) stdout.line(JSON.stringify(report, null, 2));
    else for (const line of reportLines(report)) stdout.line(line);
    return report.allEqual ? EXIT.ok : EXIT.negative;
  },
});

/** What says which swaps to prove goes with a snapshot; the caps have swaps of their own. */
function refuseBeside(flags: VerbContext<typeof proveVerb.flags>['flags']): void {
  for (const name of ['snapshot', 'pool', 'samples', 'routes'] as const) {
    if (flags[name] === undefined || flags[name] === false) continue;
    throw new ArbError('usage-flag-conflict', `--${name} does not go with --compute-caps`);
  }
}

function programSource({ flags, cwd, clock }: VerbContext<typeof proveVerb.flags>): ProgramSource {
  const { programs, rpc } = flags;
  if (programs !== undefined && rpc === undefined) return createProgramFolder(resolve(cwd, programs));
  if (rpc !== undefined && programs === undefined) {
    return createProgramRpc(createRpcClient({ url: rpc, clock, random: createRandom('prove') }));
  }
  throw new ArbError('usage-prove-programs', 'prove needs either --programs DIR or --rpc URL');
}

async function routesOf(
  snapshot: MarketSnapshot,
  { pools, rules }: { pools: readonly ProvablePool[]; rules: ReadonlyMap<string, string> },
  vm: ProgramVm,
  wallet: ProofWallet,
  programs: readonly ProgramBinary[],
  { maxLegs, maxSwaps }: Config['routing'],
): Promise<{ readonly routes: readonly RouteProof[]; readonly orders: readonly OrderProof[] }> {
  const { clock, accounts } = snapshot;
  const market = createStillMarket({
    clock,
    accounts,
    rules,
    pools: pools.map(({ venue, state }) => ({ venue, address: state.address })),
  });
  const about = {
    market,
    maxLegs,
    maxSwaps,
    startMints: [WSOL_MINT, USDC_MINT],
    maxIn: ROUTE_MAX_IN,
    best: BEST_ROUTES,
  };
  // A key of the VM's chain alone: nothing was ever sent to it.
  const signer = createEd25519Signer(new Uint8Array(32).fill(7));
  const checking = createProgramVm({ clock, accounts, programs, payer: signer.publicKey });
  const held = new Map(accounts.map(({ address, account }) => [address, account]));
  const ours = createProofWallet(checking, held);
  for (const { state } of pools) ours.learn(state);
  const orders = await proveOrders({
    ...about,
    vm: checking,
    wallet: ours,
    signer,
    rival: { vm, wallet },
    snapshot: held,
    programBytes: programs.reduce((sum, { elf }) => sum + elf.length, 0),
  });
  return { routes: proveRoutes({ ...about, clock, vm, wallet }), orders };
}
