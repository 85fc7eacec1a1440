import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { type Document, isCollection, parseDocument, stringify, visit, YAMLError } from 'yaml';
import { TenantError } from '../tenant-error.ts';
import { type DeployDocument, type DeployRecord, deployFolders, type ListedKind, listedKinds } from './deploy-document.ts';
import { type Keywords, type OpenMark, openMarkIn, replaceKeywords } from './keyword-marks.ts';

/** Largest file, bytes. */
const largestFile = 33_554_432;
/** So many aliases may name one anchor, each counted with those inside it. The tool writes one for each part that it holds twice. */
const mostAliases = 10_000;
const yamlFile = 'tenant.yaml';
const settingsFile = 'tenant.json';
const importedKinds: readonly string[] = ['tenant', ...listedKinds];

/**
 * Reads what auth0-deploy-cli exports: a YAML or JSON file, or a folder in either of its layouts. `keywords`: what its marks `##NAME##` and `@@NAME@@` stand
 * for. Default: nothing.
 * @throws {TenantError} `document_unreadable`, also for a mark that stands for nothing.
 */
export async function readDeployDocument(path: string, keywords: Keywords = {}): Promise<DeployDocument> {
  const isFolder = (await attempt(path, () => stat(path))).isDirectory();
  const names = isFolder ? await attempt(path, () => readdir(path)) : [];
  const file = !isFolder ? path : names.includes(yamlFile) ? join(path, yamlFile) : undefined;
  const document = file === undefined ? await readFolders(path, names, keywords) : await readYaml(file, keywords);
  const imported = Object.fromEntries(importedKinds.map((kind) => [kind, document[kind]]));
  const open = openMarkIn(imported, keywords);
  if (open !== undefined) throw unreplaced(`${file ?? path}, ${open.path}`, open);
  return document;
}

/**
 * Writes `document` as the tool does: to a file that ends in .yaml, .yml or .json, or else to a folder in its directory layout. Files are for their owner
 * alone.
 * @throws {TenantError} `document_unwritable`, also for a file that is there already.
 */
export async function writeDeployDocument(path: string, document: DeployDocument): Promise<void> {
  if (/\.ya?ml$/i.test(path)) {
    await writeNew(path, deployYaml(document));
    return;
  }
  if (/\.json$/i.test(path)) {
    await writeNew(path, jsonText(document));
    return;
  }
  if (document.tenant !== undefined) await writeNew(join(path, settingsFile), jsonText(document.tenant));
  for (const kind of listedKinds) {
    const taken = new Set<string>();
    for (const record of document[kind] ?? []) {
      await writeNew(join(path, deployFolders[kind], `${fileNameOf(kind, record, taken)}.json`), jsonText(record));
    }
  }
}

/** The document as one YAML text. */
export function deployYaml(document: DeployDocument): string {
  // Equal parts may be one object; as aliases of each other, more than a hundred of them are refused by readers.
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

async function readYaml(path: string, keywords: Keywords): Promise<DeployDocument> {
  const document = await parsed(path, keywords);
  if (!isRecord(document)) throw unreadable(path, 'The document does not hold kinds of records, such as clients:');
  refuseNothingKnown(path, Object.keys(document));
  for (const kind of listedKinds) {
    const records = document[kind];
    if (records === null || records === undefined) continue;
    if (!Array.isArray(records) || !records.every(isRecord)) throw unreadable(path, `${kind} is no list of records`);
  }
  if (document['tenant'] !== undefined && document['tenant'] !== null && !isRecord(document['tenant'])) {
    throw unreadable(path, 'tenant is no record');
  }
  const present = Object.entries(document).filter(([, value]) => value !== null);
  return await withPages(Object.fromEntries(present), {
    folder: join(dirname(path), deployFolders.clients),
    root: dirname(path),
    keywords,
  });
}

async function readFolders(path: string, names: readonly string[], keywords: Keywords): Promise<DeployDocument> {
  const document: Record<string, unknown> = {};
  for (const name of [...names].sort()) {
    const kind = listedKinds.find((candidate) => deployFolders[candidate] === name);
    if (name === settingsFile) document['tenant'] = recordOr(await parsed(join(path, name), keywords), join(path, name));
    else if (kind !== undefined) document[kind] = await readFolder(join(path, name), keywords);
    // Of what the tenant does not have, that it is there is all that matters.
    else if ((await attempt(join(path, name), () => stat(join(path, name)))).isDirectory()) document[name] = [];
  }
  refuseNothingKnown(path, Object.keys(document));
  return await withPages(document, { folder: join(path, deployFolders.clients), root: path, keywords });
}

// A wrong folder, or a kind that is not written like that, would be imported as nothing.
function refuseNothingKnown(path: string, kinds: readonly string[]): void {
  if (kinds.some((kind) => importedKinds.includes(kind))) return;
  const found = kinds.length === 0 ? '' : `, only ${kinds.slice(0, 5).join(', ')}${kinds.length > 5 ? ', …' : ''}`;
  throw unreadable(path, `The document has nothing of what a tenant has (${importedKinds.join(', ')})${found}`);
}

async function readFolder(path: string, keywords: Keywords): Promise<DeployRecord[]> {
  const names = (await attempt(path, () => readdir(path))).filter((name) => name.endsWith('.json')).sort();
  const records: DeployRecord[] = [];
  for (const name of names) records.push(recordOr(await parsed(join(path, name), keywords), join(path, name)));
  return records;
}

/** Login pages lie in files of their own, which records name. */
async function withPages(
  document: DeployDocument,
  { folder, root, keywords }: { folder: string; root: string; keywords: Keywords },
): Promise<DeployDocument> {
  if (document.clients === undefined) return document;
  const clients: DeployRecord[] = [];
  for (const client of document.clients) {
    const page = client['custom_login_page'];
    const path = typeof page === 'string' && /^\.\/[^\n]{1,255}\.html$/.test(page) ? resolve(folder, page) : undefined;
    // A path that leads elsewhere is taken for the text of a page.
    const isInside = path?.startsWith(resolve(root) + sep) === true;
    clients.push(path !== undefined && isInside ? { ...client, custom_login_page: replaceKeywords(await textOf(path), keywords) } : client);
  }
  return { ...document, clients };
}

async function parsed(path: string, keywords: Keywords): Promise<unknown> {
  const written = await textOf(path);
  const text = replaceKeywords(written, keywords);
  try {
    // Merge keys (`<<`), as the tool reads them. What the parser wonders at would be written to standard error by itself.
    const document = parseDocument(text, { merge: true, prettyErrors: true, logLevel: 'error' });
    // A tag that nobody knows, such as !Ref, means another value than what stands after it.
    const [wrong] = [...document.errors, ...document.warnings.filter(({ code }) => code === 'TAG_RESOLVE_FAILED')];
    if (wrong !== undefined) throw wrong;
    readComments(document, written);
    return document.toJS({ maxAliasCount: mostAliases }) as unknown;
  } catch (error) {
    // What replaced a mark may be a secret, and the parser quotes what it does not take.
    const [words, cause] = text === written ? [(error as Error).message.split('\n')[0], error] : [placeOf(error), undefined];
    const problem = `The document is neither YAML nor JSON${cause === undefined ? ' once its marks are replaced' : ''} (${words})`;
    // Without quotes and a value a mark is no YAML: @ begins no text, and # a comment.
    const open = openMarkIn(text, keywords);
    throw open === undefined ? unreadable(path, problem, cause) : unreplaced(path, open, { problem: `${problem}, and`, cause });
  }
}

/**
 * Makes text again of the marks that YAML takes for comments after a value, `name: ##NAME##`, where `written` has them. Throws where a part is a part of
 * itself, of which no value is made.
 */
function readComments(document: Document, written: string): void {
  visit(document, {
    Scalar(_, scalar) {
      const mark = /^#[\w.-]+##/.exec(scalar.comment ?? '')?.[0];
      if (mark !== undefined && written.includes(`#${mark}`)) scalar.value = `${String(scalar.value ?? '')} #${mark}`.trim();
    },
    Alias(_, { source }, ancestors) {
      const isInside = ancestors.some((node) => isCollection(node) && node.anchor === source);
      if (isInside) throw new Error(`*${source} is a part of itself`);
    },
  });
}

/** Where in a text the parser has found something wrong, and what kind of thing, with nothing of the text. */
function placeOf(error: unknown): string {
  if (!(error instanceof YAMLError)) return 'an alias that names nothing, or too much';
  const [at] = error.linePos ?? [];
  return `${error.code}${at === undefined ? '' : ` at line ${at.line}, column ${at.col}`}`;
}

async function textOf(path: string): Promise<string> {
  const { size } = await attempt(path, () => stat(path));
  if (size > largestFile) throw unreadable(path, `The document is larger than ${largestFile} bytes`);
  return await attempt(path, () => readFile(path, 'utf8'));
}

async function attempt<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw unreadable(path, `The document cannot be read (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message})`, cause);
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    // It may hold secrets, and must not take the place of what somebody keeps.
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new TenantError('document_unwritable', {
      problem: code === 'EEXIST' ? 'There is a file already' : `The export cannot be written (${code ?? (cause as Error).message})`,
      place: path,
      step: code === 'EEXIST' ? 'Remove it, or export to another place.' : 'Choose a place that this user can write to.',
      cause,
    });
  }
}

function fileNameOf(kind: ListedKind, record: DeployRecord, taken: Set<string>): string {
  const words =
    kind === 'clientGrants' ? [record['client_id'] ?? record['default_for'], record['audience']] : [record['name'] ?? record['identifier']];
  const base = words
    .map(String)
    .join('-')
    .replaceAll(/[^\p{L}\p{N} ._@+()-]/gu, '-')
    .slice(0, 150);
  let name = base;
  for (let count = 2; taken.has(name.toLowerCase()); count += 1) name = `${base} ${count}`;
  taken.add(name.toLowerCase());
  return name;
}

const jsonText = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function recordOr(value: unknown, path: string): DeployRecord {
  if (isRecord(value)) return value;
  throw unreadable(path, 'The file does not hold a record');
}

/** `problem`: what else is wrong, before it. */
function unreplaced(place: string, { mark, name }: OpenMark, { problem, cause }: { problem?: string; cause?: unknown } = {}): TenantError {
  return new TenantError('document_unreadable', {
    problem: `${problem === undefined ? 'The' : `${problem} the`} mark ${mark} stands for nothing`,
    place,
    step: `Give it a value, as for auth0-deploy-cli: the variable ${name} of the environment, or {"${name}": …} in AUTH0_KEYWORD_REPLACE_MAPPINGS.`,
    cause,
  });
}

function unreadable(path: string, problem: string, cause?: unknown): TenantError {
  const step = 'Give a file or folder that auth0-deploy-cli exported, or `evertoken tenant export` wrote.';
  return new TenantError('document_unreadable', { problem, place: path, step, cause });
}
