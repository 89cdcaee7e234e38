import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** A request that is turned away: its status and one line that says why. */
export interface Rejection {
  readonly status: number;
  readonly message: string;
}

/** True for the names and addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Refuses a request that reached a loopback server under a foreign name. A web page may point its own name at
 * 127.0.0.1 (DNS rebinding) and would then share our origin; its Host header still gives it away. Any port passes,
 * because a tunnel may listen on another one.
 */
export function rejectForeignHost(headers: IncomingHttpHeaders): Rejection | undefined {
  const host = headers.host;
  if (host !== undefined && isLoopback(hostName(host))) return undefined;
  return { status: 421, message: `this server answers to localhost only, not to "${printable(host ?? '')}"` };
}

/** Refuses a command that another site's page could have sent, or one without this start's token. */
export function rejectForeignCommand(headers: IncomingHttpHeaders, token: string): Rejection | undefined {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') {
    return {
      status: 403,
      message: `commands come from the dashboard's own page, not ${printable(String(site))}`,
    };
  }
  // Only the host part is compared: behind a TLS-terminating proxy the scheme we see is not the browser's.
  const origin = headers.origin;
  if (origin === undefined || originHost(origin) !== headers.host?.toLowerCase()) {
    return { status: 403, message: "commands need the Origin of the dashboard's own page" };
  }
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return { status: 415, message: 'commands are application/json' };
  const given = headers['x-control-token'];
  if (typeof given !== 'string' || !sameText(given, token)) {
    return { status: 403, message: 'the control token is missing or of an earlier start: reload the page' };
  }
  return undefined;
}

function hostName(hostHeader: string): string {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(hostHeader);
  return (bracketed?.[1] ?? hostHeader.replace(/:\d+$/, '')).toLowerCase();
}

function originHost(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

// Hashed first, so that the comparison takes the same time for any length.
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 80);
}
