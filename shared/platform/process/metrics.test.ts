import { describe, expect, it } from 'vitest';
import { createLatencyHistogram } from '../../core/latency.ts';
import { createMetrics } from './metrics.ts';

describe('the metrics page', () => {
  it('reads every value when it is asked for', async () => {
    const metrics = createMetrics();
    let updates = 1;
    const refused = new Map([['stale', 2]]);
    metrics.counter({ name: 'arb_updates_total', help: 'Updates.', read: () => updates });
    metrics.counters({ name: 'arb_refused_total', help: 'Refused.', label: 'reason', read: () => refused });
    metrics.gauge({ name: 'arb_slot', help: 'Slot.', read: () => updates * 10 });
    metrics.gauges({ name: 'arb_feed', help: 'Feed.', label: 'venue', read: () => [['orca-whirlpool', 1]] });
    expect(await metrics.text()).toContain('arb_updates_total 1\n');
    updates = 7;
    refused.set('dust', 3);
    const page = await metrics.text();
    expect(page).toContain('# TYPE arb_updates_total counter\narb_updates_total 7\n');
    expect(page).toContain('arb_refused_total{reason="stale"} 2\narb_refused_total{reason="dust"} 3\n');
    expect(page).toContain('# TYPE arb_slot gauge\narb_slot 70\n');
    expect(page).toContain('arb_feed{venue="orca-whirlpool"} 1\n');
  });

  it('prints latencies as a cumulative histogram in seconds', async () => {
    const apply = createLatencyHistogram();
    for (const micros of [3, 300, 2_000_000]) apply.record(micros);
    const metrics = createMetrics();
    metrics.latencies({
      name: 'arb_stage_seconds',
      help: 'Stages.',
      label: 'stage',
      read: () => [['apply', apply]],
    });
    const page = await metrics.text();
    expect(page).toContain('# TYPE arb_stage_seconds histogram\n');
    expect(page).toContain('arb_stage_seconds_bucket{le="0.0001",stage="apply"} 1\n');
    expect(page).toContain('arb_stage_seconds_bucket{le="0.0005",stage="apply"} 2\n');
    expect(page).toContain('arb_stage_seconds_bucket{le="1",stage="apply"} 2\n');
    expect(page).toContain('arb_stage_seconds_bucket{le="+Inf",stage="apply"} 3\n');
    expect(page).toMatch(/arb_stage_seconds_sum\{stage="apply"\} 2\.000303\n/);
    expect(page).toContain('arb_stage_seconds_count{stage="apply"} 3\n');
  });

  it('has nothing that nobody declared, and refuses the same name twice', async () => {
    const metrics = createMetrics();
    expect((await metrics.text()).trim()).toBe('');
    metrics.gauge({ name: 'arb_slot', help: 'Slot.', read: () => 1 });
    expect(() => metrics.gauge({ name: 'arb_slot', help: 'Slot.', read: () => 1 })).toThrow(/arb_slot/);
    expect(createMetrics().contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });
});
