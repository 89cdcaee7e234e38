import { resolve } from 'node:path';
import { ArbError } from '../../../shared/core/errors.ts';
import { EXIT } from '../frame/exit-code.ts';
import { refuseIdle } from '../frame/used-keys.ts';
import { defineVerb } from '../frame/verb.ts';
import { refuseIdleHere, runMarket, stoppedEarly } from './run.ts';
import { summaryLines } from './run-summary.ts';

/** `arb record`: `arb run` with its events written down. */
export const recordVerb = defineVerb({
  name: 'record',
  summary: 'run a market as arb run does, and write every event down for arb replay',
  usage: '--out DIR [--market built-in|FILE|live] [--duration SECONDS] [--simulated-time] [--json]',
  flags: {
    out: {
      kind: 'string',
      value: 'DIR',
      summary: 'where the segment files go, created when absent; instead of recorder.dir',
    },
    json: { kind: 'boolean', summary: 'print one summary object on stdout at the end' },
    'simulated-time': {
      kind: 'boolean',
      summary: 'drive engine and market in this process on a virtual clock',
    },
  },
  usesConfig: true,
  details: [
    'A kill loses at most the last half second: what is on the disk is replayed and compared up to its last whole block.',
    'Exit code 1: events are missing in the recording, because the disk did not keep up or refused.',
  ].join('\n'),
  async run(context) {
    const { flags, stdout, cwd } = context;
    const loaded = context.loadConfig();
    const { config, sources } = loaded;
    refuseIdleHere(loaded, { simulated: flags['simulated-time'], recorded: true });
    if (flags.out !== undefined) refuseIdle(loaded, ['recorder.dir'], '--out names the directory');
    const dir = flags.out === undefined ? config.recorder.dir : resolve(cwd, flags.out);
    if (dir === undefined && config.recorder.bucket === undefined) {
      throw new ArbError('usage-missing-flag', 'arb record needs --out DIR, recorder.dir or recorder.bucket');
    }
    const recorder = { ...config.recorder, ...(dir === undefined ? {} : { dir }) };
    const summary = await runMarket(
      context,
      { ...config, recorder },
      {
        simulated: flags['simulated-time'],
        portNamed: sources.has('server.port'),
      },
    );
    if (summary === undefined) return stoppedEarly(context);
    if (flags.json) stdout.line(JSON.stringify(summary));
    else for (const line of summaryLines(summary)) stdout.line(line);
    return (summary.recording?.lostEvents ?? 1) === 0 ? EXIT.ok : EXIT.negative;
  },
});
