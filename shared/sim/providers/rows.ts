import { HTTP_ROWS } from './http-rows.ts';
import { ODD_ROWS } from './odd-rows.ts';
import type { ProviderRow } from './provider-row.ts';
import { WS_ROWS } from './ws-rows.ts';

/** How providers behave: what tests, `arb chaos providers` and users go by. */
export const PROVIDER_ROWS: readonly ProviderRow[] = [...HTTP_ROWS, ...ODD_ROWS, ...WS_ROWS];
