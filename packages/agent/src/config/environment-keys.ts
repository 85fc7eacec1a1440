import { parse } from 'yaml';
import { configJsonSchema, type SchemaNode, waysOf } from './config-json-schema.ts';
import type { ConfigProblem } from './config-problem.ts';
import type { Environment } from './environment.ts';
import { nearestName } from './nearest-name.ts';

/** A key of the config that an environment variable gives. */
export interface EnvironmentKey {
  readonly name: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

const prefix = 'EVERTOKEN_';
const separator = '__';

/**
 * Variables with the same prefix that are not keys of the config: they tell the command line where an agent, a tenant and their state are, and `STORE_KEY` is
 * where what `store-key new` prints, and programs with the library, look for the key of a shared store.
 */
const ofTheCommand: readonly string[] = [
  ...['HOME', 'URL', 'DOMAIN', 'APP', 'APP_KEY', 'STORE_KEY', 'DEBUG'],
  ...['DATABASE_URL', 'MASTER_KEY', 'CONTROLS_URL', 'CONTROLS_KEY'],
].map((name) => `${prefix}${name}`);

// Kubernetes and Docker put such variables into every container beside a service named `evertoken…`; nobody wrote them.
const serviceLink =
  /^EVERTOKEN_(?:[A-Z0-9_]+_)?(?:SERVICE_(?:HOST|PORT)(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/**
 * The keys that `env` gives: `EVERTOKEN_` and the path in capitals, its parts joined by two underscores, the value as YAML. A part that is the name of a
 * token or app means the name among `knownNames(path)` that is the same in capitals with `_` for `-` and `.`; otherwise it is a new name in lower case.
 */
export function keysOfEnvironment(
  env: Environment,
  knownNames: (path: readonly string[]) => readonly string[],
): { keys: readonly EnvironmentKey[]; problems: readonly ConfigProblem[] } {
  const names = Object.keys(env).filter((name) => name.startsWith(prefix) && !ofTheCommand.includes(name) && !serviceLink.test(name));
  const keys: EnvironmentKey[] = [];
  const problems: ConfigProblem[] = [];
  for (const name of names.sort()) {
    const text = env[name];
    if (text === undefined || text === '') continue;
    const found = findKey(name, knownNames);
    if ('message' in found) {
      problems.push({ path: name, line: undefined, message: found.message });
      continue;
    }
    try {
      keys.push({ name, path: found.path, value: readValue(text, found.node) });
    } catch {
      problems.push({ path: name, line: undefined, message: 'begins as YAML does and is none; put the value in quotes' });
    }
  }
  // A whole (EVERTOKEN_TOKENS) before its parts (EVERTOKEN_TOKENS__ORDERS__SCOPE), which win.
  return { keys: keys.sort((a, b) => a.path.length - b.path.length), problems };
}

/** The variable for the key at `path`. */
export function environmentNameOf(path: readonly PropertyKey[]): string {
  return prefix + path.map((part) => capitals(String(part))).join(separator);
}

function findKey(
  name: string,
  knownNames: (path: readonly string[]) => readonly string[],
): { path: readonly string[]; node: SchemaNode } | { message: string } {
  let ways = waysOf(configJsonSchema());
  let node = configJsonSchema();
  const path: string[] = [];
  for (const part of name.slice(prefix.length).split(separator)) {
    const properties = Object.assign({}, ...ways.map((way) => way.properties ?? {})) as Record<string, SchemaNode>;
    const named = ways.map((way) => way.additionalProperties).find((way) => typeof way === 'object');
    const key = part.toLowerCase();
    if (Object.hasOwn(properties, key) && properties[key] !== undefined) {
      path.push(key);
      node = properties[key];
    } else if (named !== undefined && part !== '') {
      const matches = knownNames(path).filter((known) => capitals(known) === capitals(part));
      if (matches.length > 1)
        return { message: `may mean ${matches.map((match) => `\`${match}\``).join(' or ')}; set it in the config file` };
      path.push(matches[0] ?? key);
      node = named;
    } else return { message: `names no key${nearestTo(name, path, Object.keys(properties))}` };
    ways = waysOf(node);
  }
  return { path, node };
}

function nearestTo(name: string, path: readonly string[], keys: readonly string[]): string {
  const candidates = keys.map((key) => environmentNameOf([...path, key]));
  const nearest = nearestName(name, path.length === 0 ? [...candidates, ...ofTheCommand] : candidates);
  if (nearest !== undefined) return `; did you mean ${nearest}?`;
  return candidates.length === 0 ? ` below ${environmentNameOf(path)}` : `; known: ${candidates.join(', ')}`;
}

// A secret such as `12345`, `no` or `a#b` is meant as it stands, and nobody quotes in an environment: a text is read as YAML only where it looks like it,
// or where the key takes no text.
function readValue(text: string, node: SchemaNode): unknown {
  if (/^\s*[[{"']/.test(text)) return parse(text, { prettyErrors: false });
  return waysOf(node).some((way) => takesText(way, text)) ? text : parse(text, { prettyErrors: false });
}

function takesText(way: SchemaNode, text: string): boolean {
  if (way.const !== undefined) return way.const === text;
  if (way.enum !== undefined) return way.enum.includes(text);
  return way.type === 'string';
}

function capitals(name: string): string {
  return name.toUpperCase().replaceAll(/[-.]/g, '_');
}
