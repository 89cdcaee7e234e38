import { ArbError } from '../../../shared/core/errors.ts';
import type { FlagSpecs } from './verb.ts';

/**
 * npm keeps every flag before `--` for itself and hands it on as `npm_config_…`: what the user wrote for arb would be
 * ignored in silence. Throws `usage-npm-flag` when npm runs this program and took a flag that `accepted` knows.
 */
export function refuseFlagsTakenByNpm(
  env: Readonly<Record<string, string | undefined>>,
  accepted: FlagSpecs,
  words: readonly string[],
): void {
  const script = env.npm_lifecycle_event;
  if (script === undefined || !(env.npm_lifecycle_script ?? '').includes('functions/cli/')) return;
  for (const name of Object.keys(accepted)) {
    const text = env[`npm_config_${name.replaceAll('-', '_')}`];
    if (text === undefined || text === '') continue;
    const value = text === 'true' ? '' : ' …';
    const line = ['npm run -s', script, '--', ...words, `--${name}${value}`].join(' ');
    throw new ArbError(
      'usage-npm-flag',
      `npm took --${name} for itself; put -- before what is for arb: ${line}`,
      { name },
    );
  }
}
