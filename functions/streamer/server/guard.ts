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

/** The names under which a server that other machines reach is spoken to. */
export interface PublicNames {
  /** Host names; one with a leading dot stands for all below it. */
  readonly allowed: readonly string[];
}

/**
 * The same where other machines reach the server: an address cannot be pointed elsewhere, a name without a dot is one
 * of the own network, and any other has to be known. What only asks how the service is needs no name.
 */
export function rejectUnknownHost(
  headers: IncomingHttpHeaders,
  { allowed }: PublicNames,
): Rejection | undefined {
  const host = hostName(headers.host ?? '').replace(/\.$/, '');
  const known = (name: string): boolean => (name.startsWith('.') ? host.endsWith(name) : host === name);
  if (host !== '' && (isIP(host) !== 0 || !host.includes('.') || allowed.some(known))) return undefined;
  const said = printable(headers.host ?? '');
  return {
    status: 421,
    message: `this server does not answer to "${said}": give the name in server.allowedHosts if it is yours`,
  };
}

/**
 * Who may command: `page`: the page of this start, which carries the token. `secret`: who knows the configured token,
 * which no page carries. `nobody`: other machines reach the server and no token is configured.
 */
export type ControlAccess =
  | { readonly kind: 'page' | 'secret'; readonly token: string }
  | { readonly kind: 'nobody' };

/** The access that the configured token comes to; `pageToken` is this start's own. */
export function controlAccess(
  loopbackOnly: boolean,
  configured: string | undefined,
  pageToken: string,
): ControlAccess {
  if (configured !== undefined) return { kind: 'secret', token: configured };
  return loopbackOnly ? { kind: 'page', token: pageToken } : { kind: 'nobody' };
}

/** Refuses a command that another site's page could have sent, or one without the token that it needs. */
export function rejectForeignCommand(
  headers: IncomingHttpHeaders,
  access: ControlAccess,
): Rejection | undefined {
  if (access.kind === 'nobody') {
    const way = 'set server.controlToken to a secret of at least 16 characters';
    return { status: 403, message: `controls are off, because other machines reach this server: ${way}` };
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') {
    return {
      status: 403,
      message: `commands come from the dashboard's own page, not ${printable(String(site))}`,
    };
  }
  // Only the host part is compared: behind a TLS-terminating proxy the scheme we see is not the browser's.
  const origin = headers.origin;
  // A browser always sends it with a command; what is no browser and knows the secret may.
  const noBrowser = origin === undefined && site === undefined && access.kind === 'secret';
  if (!noBrowser && (origin === undefined || originHost(origin) !== headers.host?.toLowerCase())) {
    return { status: 403, message: "commands need the Origin of the dashboard's own page" };
  }
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') return { status: 415, message: 'commands are application/json' };
  const given = headers['x-control-token'];
  if (typeof given !== 'string' || !sameText(given, access.token)) {
    const way = access.kind === 'page' ? 'or of an earlier start: reload the page' : 'or wrong';
    return { status: 403, message: `the control token is missing ${way}` };
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
