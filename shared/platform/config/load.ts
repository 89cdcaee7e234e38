import { resolve } from 'node:path';
import { ArbError, errorText } from '../../core/errors.ts';
import { readFileText } from '../files/text-file.ts';
import { didYouMean, nearest } from '../process/nearest.ts';
import { type EndpointConfig, MAIN_ENDPOINT, providerOf } from './endpoint-leaf.ts';
import { parseJson, type TextPosition } from './json-text.ts';
import { CONFIG_KEYS, CONFIG_SECTIONS, type ConfigKey, configKey } from './keys.ts';
import { NO_DETAIL } from './leaf.ts';
import { type Config, configSchema } from './schema.ts';
import { webSocketUrlFor } from './url-leaf.ts';

export const DEFAULT_CONFIG_FILE = 'arb.config.json';
const MAX_CONFIG_BYTES = 10_000_000;

/** Where a value came from; `label` says it to a person: `arb.config.json:3:5`, `ARB_RPC_URL`, `--port`. */
export interface ConfigSource {
  readonly kind: 'default' | 'file' | 'environment' | 'flag' | 'derived';
  readonly label: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** By key path; keys that stand at their default are absent. */
  readonly sources: ReadonlyMap<string, ConfigSource>;
}

export interface ConfigInputs {
  /** The file that the caller was told to read; without it `arb.config.json` in `cwd`, if there is one. */
  readonly file?: string | undefined;
  /** Its content, when it is not to be read from the disk; `file` then only names it in messages. */
  readonly text?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text by flag name without dashes: `{'risk-max-pending': '2'}`. */
  readonly flags: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** A raw value with its source, before any check. */
interface Given {
  readonly value: unknown;
  readonly source: ConfigSource;
}

interface Problem {
  readonly code: 'config-unknown-key' | 'config-bad-value';
  readonly key: string;
  readonly message: string;
}

/** Variables with our prefix that belong to tests, not to the configuration. */
const NOT_OURS = /^ARB_(VECTORS$|TEST_|REQUIRE_)/;

/**
 * The effective configuration: defaults < file < environment < flags, checked as a whole and deep-frozen.
 * Throws ArbError `config-unknown-key` or `config-bad-value` listing every problem with its source,
 * `config-not-json` with line and column, or `file-unreadable`.
 */
export function loadConfig(inputs: ConfigInputs): LoadedConfig {
  const problems: Problem[] = [];
  const given = new Map<string, Given>([
    ...fromFile(inputs, problems),
    ...fromEnvironment(inputs.env, problems),
    ...fromFlags(inputs.flags, problems),
  ]);
  const parsed = configSchema.safeParse(nested(given));
  for (const issue of parsed.error?.issues ?? []) problems.push(badValue(issue.path, issue.message, given));
  if (problems.length > 0 || !parsed.success) throw problemsError(problems);

  const sources = new Map([...given].map(([path, { source }]) => [path, source]));
  const config = parsed.data;
  if (config.rpc.wsUrl === undefined && config.rpc.url !== undefined) {
    config.rpc.wsUrl = webSocketUrlFor(config.rpc.url);
    sources.set('rpc.wsUrl', { kind: 'derived', label: 'derived from rpc.url' });
  }
  const conflicts = crossChecks(config);
  config.rpc.endpoints = allEndpoints(config);
  if (conflicts.length > 0) throw problemsError(conflicts);
  return { config: deepFreeze(config), sources };
}

function fromFile({ file, text: content, cwd }: ConfigInputs, problems: Problem[]): Map<string, Given> {
  const given = new Map<string, Given>();
  const name = file ?? DEFAULT_CONFIG_FILE;
  const text = content ?? readText(resolve(cwd, name), name, file === undefined);
  if (text === undefined) return given;
  const { value, positions } = parseNamed(name, text);
  const source = (path: string): ConfigSource => ({ kind: 'file', label: placed(name, positions.get(path)) });
  const walk = (node: unknown, path: string): void => {
    const names = CONFIG_SECTIONS.get(path);
    if (names === undefined) {
      given.set(path, { value: node, source: source(path) });
      return;
    }
    if (typeof node !== 'object' || node === null || Array.isArray(node)) {
      const what = path === '' ? `${name} must hold a JSON object` : `${path} must be an object`;
      problems.push({ code: 'config-bad-value', key: path, message: `${what} (${source(path).label})` });
      return;
    }
    for (const [key, child] of Object.entries(node)) {
      const childPath = path === '' ? key : `${path}.${key}`;
      if (names.includes(key)) walk(child, childPath);
      else {
        const way = nestedWay(childPath, key) ?? nearestPath(key, path);
        problems.push(unknownKey(childPath, way, source(childPath).label));
      }
    }
  };
  walk(value, '');
  return given;
}

/** `undefined` when a file that nobody asked for is absent. */
function readText(path: string, name: string, optional: boolean): string | undefined {
  try {
    return readFileText(path, MAX_CONFIG_BYTES);
  } catch (error) {
    if (optional && error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new ArbError('file-unreadable', `cannot read the config file ${name}: ${errorText(error)}`, {
      path,
    });
  }
}

function parseNamed(name: string, text: string) {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof ArbError)) throw error;
    throw new ArbError(error.code, `${name} is not valid JSON: ${error.message}`, {
      ...error.context,
      file: name,
    });
  }
}

function placed(name: string, at: TextPosition | undefined): string {
  return at === undefined ? name : `${name}:${at.line}:${at.column}`;
}

/** A key written with dots is meant to be nested: how it is written; undefined for any other key. */
function nestedWay(path: string, key: string): string | undefined {
  if (!key.includes('.')) return undefined;
  const known = CONFIG_SECTIONS.has(path) || configKey(path) !== undefined;
  const meant = known
    ? path
    : nearest(
        path,
        CONFIG_KEYS.map((candidate) => candidate.path),
      );
  if (meant === undefined) return undefined;
  const written = meant.split('.').reduceRight((inner, name) => `{"${name}": ${inner}}`, '…');
  return `: a dot in a key says nothing, sections are objects; write ${written}`;
}

/** Names beside the unknown one come first, then the whole tree (`port` → `server.port`). */
function nearestPath(key: string, section: string): string {
  const prefix = section === '' ? '' : `${section}.`;
  const names = CONFIG_SECTIONS.get(section) ?? [];
  const beside = didYouMean(key, names, prefix);
  if (beside !== '') return beside;
  const anywhere = didYouMean(
    key,
    CONFIG_KEYS.map(({ path }) => path),
  );
  return anywhere !== '' ? anywhere : `; known here: ${names.map((name) => prefix + name).join(', ')}`;
}

function fromEnvironment(env: ConfigInputs['env'], problems: Problem[]): Map<string, Given> {
  const given = new Map<string, Given>();
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('ARB_') || text === undefined || NOT_OURS.test(name)) continue;
    const key = CONFIG_KEYS.find((candidate) => candidate.env === name);
    const source: ConfigSource = { kind: 'environment', label: `environment ${name}` };
    if (key !== undefined) given.set(key.path, { value: key.notes.fromText(text), source });
    else {
      const known = CONFIG_KEYS.map((candidate) => candidate.env);
      problems.push(unknownKey(name, didYouMean(name, known), 'environment'));
    }
  }
  return given;
}

function fromFlags(flags: ConfigInputs['flags'], problems: Problem[]): Map<string, Given> {
  const given = new Map<string, Given>();
  for (const [name, text] of Object.entries(flags)) {
    const key = CONFIG_KEYS.find((candidate) => candidate.flag === name);
    const source: ConfigSource = { kind: 'flag', label: `flag --${name}` };
    if (key !== undefined) given.set(key.path, { value: key.notes.fromText(text), source });
    else {
      const known = CONFIG_KEYS.map((candidate) => candidate.flag);
      problems.push(unknownKey(`--${name}`, didYouMean(name, known, '--'), 'flag'));
    }
  }
  return given;
}

function unknownKey(key: string, suggestion: string, where: string): Problem {
  return { code: 'config-unknown-key', key, message: `unknown key ${key} (${where})${suggestion}` };
}

/** The raw tree in the shape of the schema: every section there, so that defaults apply inside it. */
function nested(given: ReadonlyMap<string, Given>): unknown {
  const sections = new Map<string, Record<string, unknown>>();
  for (const path of CONFIG_SECTIONS.keys()) {
    const section = {};
    sections.set(path, section);
    if (path !== '') place(sections, path, section);
  }
  for (const [path, { value }] of given) place(sections, path, value);
  return sections.get('');
}

function place(sections: Map<string, Record<string, unknown>>, path: string, value: unknown): void {
  const dot = path.lastIndexOf('.');
  const parent = sections.get(path.slice(0, Math.max(dot, 0)));
  if (parent !== undefined) parent[path.slice(dot + 1)] = value;
}

function badValue(issuePath: readonly PropertyKey[], detail: string, given: Map<string, Given>): Problem {
  const path = issuePath.join('.');
  const key = configKey(path);
  const entry = given.get(path);
  const shown = key === undefined ? '' : `, not ${shownRaw(key, entry?.value)}`;
  const because = detail === NO_DETAIL ? '' : `: ${shortened(detail)}`;
  const message = `${path} must be ${key?.notes.allowed ?? 'valid'}${shown} (${entry?.source.label ?? 'default'})`;
  return { code: 'config-bad-value', key: path, message: message + because };
}

const SHOWN_LENGTH = 120;

function shownRaw({ notes }: ConfigKey, value: unknown): string {
  const text = notes.mask === undefined ? value : notes.mask(value);
  const shown = JSON.stringify(text) ?? String(text);
  return shortened(shown);
}

function shortened(text: string): string {
  return text.length > 2 * SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

/** The endpoint that `rpc.url` stands for, then those named. */
function allEndpoints({ rpc: { url, wsUrl, endpoints } }: Config): EndpointConfig[] {
  if (url === undefined) return [...endpoints];
  const streams = wsUrl === undefined ? {} : { wsUrl };
  return [{ name: MAIN_ENDPOINT, provider: providerOf(url), url, ...streams }, ...endpoints];
}

/** What no single key can say. */
function crossChecks(config: Config): Problem[] {
  const problems: Problem[] = [];
  const conflict = (key: string, message: string): void => {
    problems.push({ code: 'config-bad-value', key, message: `${key} ${message}` });
  };
  const { endpoints } = config.rpc;
  if (config.market === 'live' && config.rpc.url === undefined) {
    if (!endpoints.some(({ url }) => url !== undefined)) {
      conflict('rpc.url', 'must be given when market is "live", or rpc.endpoints must name one with a url');
    }
    if (endpoints.length > 0 && !endpoints.some(({ wsUrl, grpcUrl }) => (wsUrl ?? grpcUrl) !== undefined)) {
      conflict('rpc.endpoints', 'must name one with a wsUrl or grpcUrl when market is "live"');
    }
  }
  const heard =
    endpoints.filter(({ wsUrl, grpcUrl }) => (wsUrl ?? grpcUrl) !== undefined).length +
    (config.rpc.wsUrl ? 1 : 0);
  if (config.market === 'live' && config.feed.redundancy === 2 && heard < 2) {
    conflict('feed.redundancy', `is 2, which needs two endpoints with a wsUrl or grpcUrl; there is ${heard}`);
  }
  if (config.rpc.url !== undefined && endpoints.some(({ name }) => name === MAIN_ENDPOINT)) {
    conflict('rpc.endpoints', `must not use the name "${MAIN_ENDPOINT}": it is that of rpc.url`);
  }
  if (config.rpc.url === undefined && config.rpc.wsUrl !== undefined) {
    conflict('rpc.url', 'must be given when rpc.wsUrl is');
  }
  for (const mint of config.routing.startMints) {
    if (config.risk.maxTradeIn[mint] === undefined) {
      conflict('risk.maxTradeIn', `must have a limit for ${mint}, which routing.startMints names`);
    }
  }
  return problems;
}

function problemsError(problems: readonly Problem[]): ArbError {
  const [first] = problems;
  const lines = problems.map(({ message }) => message);
  const message =
    lines.length === 1
      ? `configuration: ${lines[0]}`
      : `configuration: ${lines.length} problems\n${lines.map((line) => `  - ${line}`).join('\n')}`;
  const keys = problems.map(({ key }) => key).join(', ');
  return new ArbError(first?.code ?? 'config-bad-value', message, { keys });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
