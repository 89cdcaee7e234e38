import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { HEALTH_PATH } from '../../../shared/core/names.ts';
import type { DashboardSource } from '../dashboard/view/view.ts';
import { type Asset, loadAssets } from './assets.ts';
import { type ConnectionRoom, makeConnectionRoom } from './connection-room.ts';
import { readCommand } from './control-request.ts';
import {
  type ControlAccess,
  controlAccess,
  isLoopback,
  type Rejection,
  rejectForeignCommand,
  rejectForeignHost,
  rejectUnknownHost,
} from './guard.ts';
import { listenOn } from './listen.ts';
import { createStateStream, type StateStream } from './stream.ts';

/** One line about health or readiness; `ok` false answers 503. */
export interface Probe {
  readonly ok: boolean;
  readonly message: string;
}

export interface ServerOptions {
  /** 127.0.0.1 unless the page is meant to be reached from other machines. */
  readonly host?: string;
  readonly port: number;
  /** What a command needs; without it the page's own token does on loopback, and nothing does elsewhere. */
  readonly controlToken?: string | undefined;
  /** Names that it answers to beside addresses and loopback; one with a leading dot stands for all below it. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Try up to 20 ports after `port` when it is taken. Off when the person named the port. */
  readonly fallbackPorts?: boolean;
  readonly source: DashboardSource;
  /** Prometheus text. */
  readonly metricsText: () => Promise<string>;
  /** Alive: restart the process when not ok. */
  readonly health: () => Probe;
  /** Able to trade: fed, loaded and not draining. */
  readonly ready: () => Probe;
  /** Told of every failure that a client saw only as status 500, and of streams without a state. */
  readonly onError: (where: string, error: unknown) => void;
}

export interface RunningServer {
  readonly url: string;
  /** The port in use: other than the one asked for when that was taken. */
  readonly port: number;
  /** Whether somebody can command over it. */
  readonly controls: boolean;
  /** Ends every stream, finishes open requests and frees the port. */
  close(): Promise<void>;
}

interface Site extends ServerOptions {
  readonly assets: ReadonlyMap<string, Asset>;
  readonly stream: StateStream;
  readonly room: ConnectionRoom;
  readonly access: ControlAccess;
  readonly loopbackOnly: boolean;
}

type Handler = (site: Site, request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const FALLBACK_PORTS = 20;
const CLOSE_GRACE_MS = 500;
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 512;
/** They tell how the service is, to whoever can reach it, under whatever name a prober uses. */
const PROBES: ReadonlySet<string> = new Set([HEALTH_PATH, '/healthz', '/readyz', '/metrics']);

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const READ_ROUTES: Readonly<Record<string, Handler>> = {
  '/api/state': (site, _request, response) =>
    send(response, 200, 'application/json', JSON.stringify(site.source.state())),
  '/api/events': openStream,
  '/api/book': sendBook,
  [HEALTH_PATH]: sendHealth,
  // Its usual name, for those who ask from inside.
  '/healthz': sendHealth,
  '/readyz': (site, _request, response) => sendProbe(response, site.ready()),
  '/metrics': async (site, _request, response) =>
    send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await site.metricsText()),
};

const COMMAND_PATH = '/api/control';

/**
 * Serves the dashboard, its live stream, the probes and the metrics. Rejects with `port-in-use` when the port (and,
 * with `fallbackPorts`, the 20 after it) is taken, and with `listen-failed` when the host cannot be bound.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const host = options.host ?? '127.0.0.1';
  // Not the run's seeded Random: a token that a replay could predict would protect nothing.
  // A name that stands for it elsewhere is that of a proxy, behind which other machines are.
  const loopbackOnly = isLoopback(host) && (options.allowedHosts ?? []).length === 0;
  const pageToken = randomBytes(32).toString('base64url');
  const access = controlAccess(loopbackOnly, options.controlToken, pageToken);
  const { source, onError } = options;
  const stream = createStateStream({ state: () => source.state(), onError });
  const server = createServer({
    requestTimeout: REQUEST_TIMEOUT_MS,
    headersTimeout: REQUEST_TIMEOUT_MS,
    // Node looks every half minute, and a time-out is at most as good as that.
    connectionsCheckingInterval: REQUEST_TIMEOUT_MS / 10,
  });
  const site: Site = {
    ...options,
    stream,
    room: makeConnectionRoom(server, MAX_CONNECTIONS),
    access,
    assets: await loadAssets(access.kind === 'page' ? access.token : access.kind),
    loopbackOnly,
  };
  server.on('request', (request, response) => {
    answer(site, request, response).catch((error: unknown) => fail(site, request, response, error));
  });

  const fallbackPorts = options.fallbackPorts === true ? FALLBACK_PORTS : 0;
  const port = await listenOn(server, { host, port: options.port, fallbackPorts });
  return {
    port,
    controls: access.kind !== 'nobody',
    url: `http://${urlHost(host)}:${port}/`,
    close() {
      stream.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const forced = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
      return closed.finally(() => clearTimeout(forced));
    },
  };
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
  const path = (request.url ?? '/').split('?', 1)[0]!;
  const foreign = rejectTwoHosts(request) ?? rejectHost(site, request, path);
  if (foreign !== undefined) return sendLine(response, foreign.status, foreign.message);

  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (path === COMMAND_PATH) {
    if (request.method !== 'POST') return refuseMethod(response, 'POST');
    return takeCommand(site, request, response);
  }
  const route = Object.hasOwn(READ_ROUTES, path) ? READ_ROUTES[path] : undefined;
  const asset = site.assets.get(path);
  if (route === undefined && asset === undefined) return sendLine(response, 404, 'nothing is served here');
  if (!reads) return refuseMethod(response, 'GET, HEAD');
  if (route !== undefined) return route(site, request, response);
  if (asset !== undefined) sendAsset(request, response, asset);
}

/** Node takes the first of two, what stands before it may take the last. */
function rejectTwoHosts({ headersDistinct }: IncomingMessage): Rejection | undefined {
  if ((headersDistinct.host?.length ?? 0) <= 1) return undefined;
  return { status: 400, message: 'a request has one Host' };
}

function rejectHost(
  { loopbackOnly, allowedHosts = [] }: Site,
  { headers }: IncomingMessage,
  path: string,
): Rejection | undefined {
  if (loopbackOnly) return rejectForeignHost(headers);
  return PROBES.has(path) ? undefined : rejectUnknownHost(headers, { allowed: allowedHosts });
}

function sendHealth(site: Site, _request: IncomingMessage, response: ServerResponse): void {
  sendProbe(response, site.health());
}

/** `?pool=ADDRESS`: all that rests in one order book, and its last fills. */
function sendBook({ source }: Site, request: IncomingMessage, response: ServerResponse): void {
  const pool = new URL(request.url ?? '', 'http://localhost').searchParams.get('pool') ?? '';
  const book = source.book(pool);
  if (book !== undefined) {
    send(response, 200, 'application/json', JSON.stringify(book));
    return;
  }
  const known = source.state().books.map((one) => one.pool);
  const said = known.length === 0 ? 'this market has no order books' : `pool is one of: ${known.join(', ')}`;
  sendLine(response, pool === '' ? 400 : 404, `no order book ${JSON.stringify(pool.slice(0, 64))}: ${said}`);
}

function openStream(site: Site, request: IncomingMessage, response: ServerResponse): void {
  if (request.method === 'HEAD') {
    send(response, 200, 'text/event-stream; charset=utf-8', '');
  } else if (site.stream.open(response, request.socket.remoteAddress ?? '')) {
    site.room.keep(request.socket);
  } else {
    sendLine(response, 503, 'too many dashboards are open: close one and reload');
  }
}

async function takeCommand(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const foreign = rejectForeignCommand(request.headers, site.access);
  if (foreign !== undefined) return sendResult(response, foreign.status, false, foreign.message);
  const read = await readCommand(request);
  if (!read.ok) return sendResult(response, read.rejection.status, false, read.rejection.message);
  const { command, reason = '' } = read.command;
  const by = `dashboard ${request.socket.remoteAddress ?? 'unknown address'}`;
  const result = await site.source.control(command, by, reason);
  sendResult(response, result.ok ? 200 : 409, result.ok, result.message);
}

function fail(site: Site, request: IncomingMessage, response: ServerResponse, error: unknown): void {
  // A client that hung up half-way is its own business; everything else is ours.
  if (request.socket.destroyed) return;
  site.onError(`${request.method} ${request.url}`, error);
  if (response.headersSent) response.destroy();
  else sendLine(response, 500, 'the request failed inside the service: see its log');
}

function sendAsset(request: IncomingMessage, response: ServerResponse, asset: Asset): void {
  response.setHeader('etag', asset.etag);
  response.setHeader('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === asset.etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, { 'content-type': asset.contentType, 'content-length': asset.body.length });
  response.end(asset.body);
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  // An unread body would otherwise keep the connection waiting for the rest of it.
  if (!response.req.complete && response.req.method === 'POST') response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' }).end(body);
}

function sendLine(response: ServerResponse, status: number, line: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${line}\n`);
}

function sendProbe(response: ServerResponse, probe: Probe): void {
  sendLine(response, probe.ok ? 200 : 503, probe.message);
}

function sendResult(response: ServerResponse, status: number, ok: boolean, message: string): void {
  send(response, status, 'application/json', `${JSON.stringify({ ok, message })}\n`);
}

function refuseMethod(response: ServerResponse, allowed: string): void {
  response.setHeader('allow', allowed);
  sendLine(response, 405, `only ${allowed} is answered here`);
}

// 0.0.0.0 and :: are places to listen, not to go to.
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
