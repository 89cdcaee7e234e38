import { createRecorder } from './recorder.ts';
import { RUN, sampleEvents } from './test-recording.ts';

// Records the sample events of a seed, over and over, until it is killed. Arguments: directory, seed.
const [dir = '', seed = '1'] = process.argv.slice(2);
const recorder = await createRecorder({
  run: RUN,
  dir,
  maxSegmentBytes: 150_000,
  maxSegmentMs: 60_000,
  level: 1,
  bucket: undefined,
  decided: () => ({ lines: 0, decisionsHash: '00'.repeat(32) }),
  onTrouble: (event, message) => process.stderr.write(`${event}: ${message}\n`),
});
const events = sampleEvents(Number(seed), 2_000);
process.send?.('recording');
for (;;) {
  for (const event of events) recorder.take(event);
  await recorder.ready();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
