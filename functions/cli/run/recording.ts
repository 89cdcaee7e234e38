import { findRuns } from '../../../shared/platform/recording/recording.ts';
import { EXIT } from '../frame/exit-code.ts';
import { defineVerb } from '../frame/verb.ts';
import { damageLines, recordingLines, recordingReport } from './recording-report.ts';

/** `arb recording info`: what recordings hold, and what of them is damaged. */
export const recordingVerb = defineVerb({
  name: 'recording',
  summary: 'what a recording holds: segments, events by kind, span, pools, damage',
  usage: '[--json]',
  positionals: {
    action: { choices: ['info'], summary: 'info: read all of it and say what is there', required: true },
    recordings: {
      value: 'FILE|DIR',
      summary: 'segment files, or directories of them',
      required: true,
      repeats: true,
    },
  },
  flags: { json: { kind: 'boolean', summary: 'print one JSON array on stdout, an object a run' } },
  details: [
    'Exit code 1: something is damaged or missing; it is named with file, offset and events. A file that ends within a',
    'block, as after a kill, is told as torn and is no damage. 3: a file cannot be read or is no recording.',
  ].join('\n'),
  async run({ flags, positionals, stdout, stderr }) {
    const reports = [];
    for (const run of await findRuns(positionals.recordings)) {
      const report = await recordingReport(run);
      reports.push(report);
      for (const line of damageLines(report.damages, report.gaps)) stderr.line(line);
      if (!flags.json) for (const line of recordingLines(report)) stdout.line(line);
    }
    if (flags.json) stdout.line(JSON.stringify(reports));
    const whole = reports.every(
      ({ damages, missingEvents }) => missingEvents === 0 && damages.every(({ torn }) => torn),
    );
    return whole ? EXIT.ok : EXIT.negative;
  },
});
