import { ASSUMED_CHAIN, type ChainParameters } from '../../../shared/core/chain-parameters.ts';
import { createRandom } from '../../../shared/core/random.ts';
import { createChainWatch } from '../../../shared/platform/chain/chain-watch.ts';
import type { EndpointConfig } from '../../../shared/platform/config/endpoint-leaf.ts';
import type { Config } from '../../../shared/platform/config/schema.ts';
import { createApiAccess } from '../../../shared/platform/outside/api-access.ts';
import { findRuns, readRun } from '../../../shared/platform/recording/recording.ts';
import { chainView } from '../../streamer/dashboard/state/read-chain.ts';
import type { ChainView } from '../../streamer/dashboard/view/view.ts';
import { EXIT } from '../frame/exit-code.ts';
import { localNodeModule } from '../frame/local-chain.ts';
import { refuseIdle } from '../frame/used-keys.ts';
import { defineVerb, type VerbContext } from '../frame/verb.ts';

/** `arb chain`: what the chain is, by a node or by what a recording was told. */
export const chainVerb = defineVerb({
  name: 'chain',
  summary: 'what the chain is: slot time, rent, limits, versions, consensus, and who says so',
  usage: '[--rpc-url URL] [--recording FILE|DIR…] [--json]',
  flags: {
    json: { kind: 'boolean', summary: 'print one JSON value on stdout' },
    recording: {
      kind: 'list',
      value: 'FILE|DIR',
      summary: 'instead of a node: what recorded runs were told, every change of it',
    },
  },
  usesConfig: ['market', 'seed', 'sim', 'rpc', 'limits'],
  details: [
    'Asks the configured RPC (--rpc-url), or a local node where none is, and says of each parameter what it is, who said',
    'so and at which slot; assumed: nobody has. The slot time is the node’s last sample of a minute; a running service',
    'measures it by the slots themselves.',
    'Exit code 1: something could not be read or was refused, and is named; or a recording was told nothing.',
  ].join('\n'),
  async run(context) {
    const { flags, stdout, loadConfig } = context;
    const loaded = loadConfig();
    if (flags.recording.length > 0) {
      refuseIdle(
        loaded,
        ['market', 'seed', 'sim', 'rpc', 'limits'],
        'a recording says what its run was told',
      );
    } else if (asksConfigured(loaded.config)) {
      refuseIdle(loaded, ['seed', 'sim'], 'the node that is asked has a chain of its own');
    }
    const views =
      flags.recording.length > 0 ? await recordedViews(flags.recording) : [await askedView(context)];
    if (flags.json) stdout.line(JSON.stringify(flags.recording.length > 0 ? views : views[0], null, 2));
    else for (const view of views) for (const line of chainLines(view)) stdout.line(line);
    const troubled =
      views.length === 0 || views.some(({ parameters }) => parameters.some((one) => one.problem !== ''));
    return troubled ? EXIT.negative : EXIT.ok;
  },
});

async function askedView(context: Omit<VerbContext, 'flags' | 'positionals'>): Promise<ChainView> {
  const { config } = context.loadConfig();
  if (asksConfigured(config)) return ask(context, config, config.rpc.endpoints);
  const { startLocalNodeProcess } = await localNodeModule();
  const { feed, stop } = await startLocalNodeProcess(config);
  try {
    return await ask(context, config, feed.endpoints);
  } finally {
    await stop();
  }
}

function asksConfigured({ market, rpc }: Config): boolean {
  return market === 'live' || rpc.endpoints.some(({ url }) => url !== undefined);
}

async function ask(
  { clock }: Pick<VerbContext, 'clock'>,
  config: Config,
  endpoints: readonly EndpointConfig[],
): Promise<ChainView> {
  const access = createApiAccess({ config, endpoints, clock, random: createRandom('chain') });
  const watch = createChainWatch({ rpc: access.rpc, clock, onParameters: () => {} });
  try {
    await watch.read();
    return chainView(watch.parameters, watch.problems);
  } finally {
    watch.stop();
    await access.close();
  }
}

/** One view for each time that a run was told something else. */
async function recordedViews(paths: readonly string[]): Promise<readonly ChainView[]> {
  const views: ChainView[] = [];
  for (const recorded of await findRuns(paths)) {
    let last: ChainParameters = ASSUMED_CHAIN;
    for await (const piece of readRun(recorded)) {
      if (piece.kind !== 'events') continue;
      for (let event = piece.next(); event !== undefined; event = piece.next()) {
        if (event.kind !== 'chain' || event.parameters === last) continue;
        last = event.parameters;
        views.push(chainView(last, new Map()));
      }
    }
  }
  return views;
}

function chainLines({ parameters }: ChainView): readonly string[] {
  const wide = (column: 'name' | 'value'): number => Math.max(...parameters.map((one) => one[column].length));
  const [names, values] = [wide('name'), wide('value')];
  return parameters.map(({ name, value, source, slot, problem }) => {
    const at = slot === 0 ? '' : `, slot ${slot}`;
    const trouble = problem === '' ? '' : ` — ${problem}`;
    return `${name.padEnd(names)}  ${value.padStart(values)}  ${source}${at}${trouble}`;
  });
}
