import { stringify } from 'yaml';
import { configJsonSchema, type SchemaNode, waysOf } from './config-json-schema.ts';

const tableIntro = `# The config of the agent

Made of the schema in \`packages/agent/src/config\` by \`node scripts/write-config-docs.mjs\`; [evertoken.sample.yaml](evertoken.sample.yaml) is a file to start
from, \`evertoken.schema.json\` of the package \`@evertoken/agent\` the JSON Schema for editors.

- **References.** Where a type says *reference*, a value may stand as it is, or as \`{ env: NAME }\`, \`{ file: PATH }\`, \`{ command: [PROGRAM, ARGUMENT, …] }\`.
- **Environment.** Every key may come from the environment, which wins over the file: \`EVERTOKEN_\` and the path in capitals, joined by two underscores, \`-\` and
  \`.\` of names as \`_\`, the value as YAML: \`EVERTOKEN_TOKENS__MANAGEMENT__CLIENT_ID=abc\`, \`EVERTOKEN_LISTEN='[http://127.0.0.1:8400]'\`. A text needs no quotes.
- **Without a file**, \`AUTH0_DOMAIN\`, \`AUTH0_CLIENT_ID\`, \`AUTH0_CLIENT_SECRET\` and, where set, \`AUTH0_AUDIENCE\` and \`AUTH0_SCOPE\` declare one token \`default\`.
- **Reload.** A changed file, SIGHUP and \`evertoken reload\` put the new config into effect at once and whole, or leave the old one and say why. \`store\`,
  \`policy\`, \`audit\` and the variables that name proxies and CAs (\`HTTP_PROXY\`, \`HTTPS_PROXY\`, \`NO_PROXY\`, \`NODE_EXTRA_CA_CERTS\`) take effect
  at the next start. What a reference leads to may be away: where all of a token, or of the store, is written as before, it goes on, and a note says so.
- \`evertoken check\` shows each value in effect and where it came from.
`;

const sampleIntro = `# Evertoken: the config of the agent. Every key there is; what is commented out shows how it is written.
# Relative paths start at this file. \`evertoken check\` tells what is wrong and what is in effect.
`;

/** `docs/config.md`: every key with its type, default and meaning. */
export function configTable(): string {
  const root = configJsonSchema();
  const sections = Object.entries(root.properties ?? {}).map(([key, node]) => {
    const rows = rowsOf(key, node).map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`);
    return `\n## \`${key}\`\n\n| key | type | default | meaning |\n|---|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `${tableIntro}${sections.join('')}`;
}

/** `evertoken.schema.json`, lists of plain values on one line, as the formatter has them. */
export function configSchemaText(): string {
  const text = JSON.stringify({ title: 'evertoken.yaml', ...configJsonSchema() }, undefined, 2);
  const flat = text.replaceAll(/\[\n\s+([^[\]{}]*?)\n\s+\]/g, (_list, items: string) => `[${items.replaceAll(/,\n\s+/g, ', ')}]`);
  return `${flat.replaceAll(/\[\n\s+(\[.*\])\n\s+\]/g, '[$1]')}\n`;
}

/** `docs/evertoken.sample.yaml`: every key with what it means; the fewest that make an agent are not commented out. */
export function configSample(): string {
  const lines = Object.entries(configJsonSchema().properties ?? {}).flatMap(([key, node]) => ['', ...sampleLines(key, node, '', needed)]);
  return `${sampleIntro}${lines.join('\n')}\n`;
}

/** Keys that the sample does not comment out, and the names that it gives. */
interface Needed {
  readonly [key: string]: Needed;
}
const needed: Needed = {
  tokens: { management: { domain: {}, client_id: {}, client_secret: {} } },
  apps: { 'nightly-report': { key_sha256: {}, tokens: {} } },
};

function rowsOf(path: string, node: SchemaNode): string[][] {
  const row = [`\`${path}\``, typeOf(node), defaultOf(node), node.description ?? ''];
  const parts = waysOf(node).flatMap((way): string[][] => {
    if (isReference(way)) return [];
    const own = Object.entries(way.properties ?? {}).flatMap(([key, part]) => rowsOf(`${path}.${key}`, part));
    const named = way.additionalProperties;
    const byName = typeof named === 'object' ? (named.properties === undefined ? [] : rowsOf(`${path}.NAME`, named).slice(1)) : [];
    const items = way.items?.properties === undefined ? [] : rowsOf(`${path}[]`, way.items).slice(1);
    return [...own, ...byName, ...items];
  });
  return [row, ...parts];
}

function typeOf(node: SchemaNode): string {
  const ways = waysOf(node);
  const texts = ways.filter((way) => !isReference(way)).map(typeOfWay);
  if (texts.length < ways.length) texts.splice(1, 0, 'reference');
  return [...new Set(texts)].join(' or ');
}

function typeOfWay(way: SchemaNode): string {
  if (way.const !== undefined) return `\`${JSON.stringify(way.const)}\``;
  if (way.enum !== undefined) return way.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (way.type === 'array') return `list of ${way.items?.properties === undefined ? typeOf(way.items ?? {}) : 'entries'}`;
  if (way.type === 'object') return typeof way.additionalProperties === 'object' ? 'by name' : 'keys';
  return { string: 'text', integer: 'number', boolean: '`true` or `false`' }[way.type ?? ''] ?? way.type ?? 'any';
}

function isReference({ properties = {} }: SchemaNode): boolean {
  const keys = Object.keys(properties);
  return keys.length === 1 && ['env', 'file', 'command'].includes(keys[0] ?? '');
}

function defaultOf({ default: value, defaultText }: SchemaNode): string {
  if (defaultText !== undefined) return defaultText;
  return value === undefined ? '' : `\`${inline(value)}\``;
}

function sampleLines(key: string, node: SchemaNode, indent: string, wanted: Needed | undefined): string[] {
  const isWanted = wanted !== undefined && Object.hasOwn(wanted, key);
  const off = isWanted ? '' : '#';
  const told = [node.description ?? '', defaultOf(node) === '' ? '' : `Default: ${defaultOf(node)}.`]
    .filter((text) => text !== '')
    .join(' ');
  // Inside a part that is commented out, the prose is commented out once more: whoever takes away the outer `#` is left with proper comments.
  const prose = wrapped(told, 130 - indent.length).map((line) => `${wanted === undefined ? '#' : ''}${indent}# ${line}`);
  const named = waysOf(node)
    .map((way) => way.additionalProperties)
    .find((way): way is SchemaNode => typeof way === 'object' && way.properties !== undefined);
  const properties = node.type === 'object' ? node.properties : undefined;
  if (named !== undefined) {
    const within = wanted?.[key] ?? {};
    const [name = 'name'] = Object.keys(within);
    const parts = Object.entries(named.properties ?? {}).flatMap(([part, child]) =>
      sampleLines(part, child, `${indent}    `, within[name] ?? {}),
    );
    return [...prose, `${off}${indent}${key}:`, `${off}${indent}  ${name}:`, ...parts];
  }
  if (properties !== undefined) {
    const parts = Object.entries(properties).flatMap(([part, child]) =>
      sampleLines(part, child, `${indent}  `, isWanted ? wanted[key] : undefined),
    );
    return [...prose, `${off}${indent}${key}:`, ...parts];
  }
  return [...prose, `${off}${indent}${key}: ${inline(node.examples?.[0] ?? node.default ?? null)}`];
}

function inline(value: unknown): string {
  // As people write them: no blanks inside the brackets of lists, blanks inside the braces of maps.
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0 })
    .trim()
    .replaceAll(/\[ (?=\S)/g, '[')
    .replaceAll(/(?<=\S) \]/g, ']');
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ').filter((part) => part !== '')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length + 1 > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
