// docs/errors.md, out of the sources: codes are those of the unions, what they mean is said by their docstrings, and for failures of an issuer by the
// table from which the agent explains them.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const packages = [
  {
    title: 'Of the client: `TokenError`',
    about:
      'Thrown where no token can be had. `retryable` says whether the same request may succeed later with nothing changed, `retryAfterMs` when; `details` has the issuer’s own words.',
    file: 'packages/client/src/errors.ts',
    union: 'TokenErrorCode',
  },
  {
    title: 'Of the agent: `AgentError`',
    about: 'What keeps an agent from starting, or from another config. `step` says what mends it.',
    file: 'packages/agent/src/agent-error.ts',
    union: 'AgentErrorCode',
  },
  {
    title: 'Of both processes: `ServiceError`',
    about: 'What keeps a process from standing up.',
    file: 'packages/service/src/service-error.ts',
    union: 'ServiceErrorCode',
  },
  {
    title: 'Of the tenant: `TenantError`',
    about: 'What its token endpoint and Management API answer is [Auth0’s](compatibility.md).',
    file: 'packages/tenant/src/tenant-error.ts',
    union: 'TenantErrorCode',
  },
  {
    title: 'Of the Redis store: `RedisStoreError`',
    about: 'A keeper goes on without the store, and tells it as an event. Those who call the store itself get these.',
    file: 'packages/redis/src/redis-store-error.ts',
    union: 'RedisErrorCode',
  },
  {
    title: 'Of the PostgreSQL store: `PostgresStoreError`',
    about: 'As of the Redis store.',
    file: 'packages/postgres/src/postgres-store-error.ts',
    union: 'PostgresErrorCode',
  },
];

/** Status and code of refusals with no words of their own: the same refusal made anew, and what an issuer itself has said. */
const passedOn = ['this.status, code ?? this.code', 'status, oauthError'];

/** The page, of the sources below `root`. Throws where a code has no explanation, or cannot be read. */
export async function errorPage(root) {
  const rows = await explanationRows(root);
  const explained = new Set(rows.flatMap(({ codes }) => codes));
  const sections = packages.map(({ title, about, file, union }) => {
    const lines = codesOf(parse(root, file), union).map(([code, meaning]) => {
      if (meaning === '' && !explained.has(code)) throw new Error(`${file}: the docstring of ${union} does not explain \`${code}\`.`);
      return `| \`${code}\` | ${meaning === '' ? 'see below' : meaning} |`;
    });
    return [`## ${title}`, about, ['| code | means |', '|---|---|', ...lines].join('\n')].join('\n\n');
  });
  const [client, ...others] = sections;
  return `${[
    '# Errors',
    'Made from the sources by `node scripts/write-errors.mjs`. Programs switch on the code; the texts are for people, and hold no secret and no token. The exit codes of the command stand in\n[the page of the command line](cli.md#exit-codes), findings of a config tell their line and the nearest valid name.',
    client,
    explanations(rows),
    refusals(root),
    ...others,
  ].join('\n\n')}\n`;
}

/** What an issuer's failure means and what mends it, as the agent tells it in its log, in `evertoken status` and in `evertoken check`. */
function explanations(rows) {
  const keyOf = (place) => place.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const placesOf = ({ credential }) =>
    new Proxy({}, { get: (_, place) => `\`${place === 'clientSecret' && credential !== undefined ? credential : keyOf(String(place))}\`` });
  const lines = rows.map((row) => {
    const asked = [
      row.status === undefined ? [] : `status ${row.status}`,
      row.oauthError === undefined ? [] : `\`${row.oauthError}\``,
      row.says === undefined ? [] : `says ${pattern(row.says)}`,
      row.system === undefined ? [] : `system code ${pattern(row.system)}`,
    ].flat();
    return `| ${row.codes.map((code) => `\`${code}\``).join(', ')} | ${asked.join(', ')} | ${cell(row.meaning)} | ${cell(row.step(placesOf(row)))} |`;
  });
  return [
    '### What each means, and what mends it',
    'The agent says it in its log, in `evertoken status` and in `evertoken check`, with the place in your config in the stead of `client_id` and its like. The first row that fits counts.',
    ['| code | and the answer | meaning | step |', '|---|---|---|---|', ...lines].join('\n'),
  ].join('\n\n');
}

/** What the doors of the agent answer, gathered from where it is refused. */
function refusals(root) {
  const folder = 'packages/agent/src';
  const files = readdirSync(join(root, folder), { recursive: true }).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  const found = new Map();
  for (const file of files.sort()) {
    visit(parse(root, join(folder, file)), (node) => {
      if (!ts.isNewExpression(node) || node.expression.getText() !== 'Refusal') return;
      const [status, code, detail] = node.arguments ?? [];
      if (passedOn.includes(`${status.getText()}, ${code.getText()}`)) return;
      if (!ts.isNumericLiteral(status) || !ts.isStringLiteral(code)) {
        const line = node.getSourceFile().getLineAndCharacterOfPosition(node.getStart()).line + 1;
        throw new Error(
          `${folder}/${file}:${line}: write the status and the code of the refusal as they are; \`${code.getText()}\` cannot be read.`,
        );
      }
      const key = `${status.text} ${code.text}`;
      found.set(key, [...(found.get(key) ?? []), ...textsOf(detail)]);
    });
  }
  const lines = [...found]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, details]) => {
      const [status, code] = key.split(' ');
      return `| ${status} | \`${code}\` | ${[...new Set(details)].map(cell).join('<br>') || 'why, in each case'} |`;
    });
  return [
    '## Answers of the agent',
    'On `/v1/…` and through the proxy as problem details (RFC 9457) with these members `status`, `code` and `detail`, on `/oauth/token` as `error` and `error_description`. An API’s own errors pass as they are.',
    ['| status | code | says |', '|---|---|---|', ...lines].join('\n'),
  ].join('\n\n');
}

/** Each member of a union of texts, with what its docstring says of it: in brackets behind it, or after a colon. */
function codesOf(source, name) {
  let codes = [];
  let doc = '';
  visit(source, (node) => {
    if (!ts.isTypeAliasDeclaration(node) || node.name.text !== name) return;
    codes = node.type.types.map((type) => type.literal.text);
    const [comment] = ts.getLeadingCommentRanges(source.text, node.getFullStart()) ?? [];
    doc = source.text.slice(comment?.pos, comment?.end);
  });
  if (codes.length === 0) throw new Error(`${source.fileName}: there is no union ${name}.`);
  const text = doc.replaceAll(/^\s*(?:\/\*\*|\*\/|\* ?)/gm, '').replaceAll(/\n(?!- |\n)/g, ' ');
  return codes.map((code) => {
    const said = new RegExp(`\`${code}\`(?: \\((?<inside>(?:[^()]|\\([^()]*\\))*)\\)|: (?<after>[^\\n]*))`).exec(text)?.groups ?? {};
    return [code, cell((said['inside'] ?? said['after'] ?? '').trim().replace(/\.$/, ''))];
  });
}

/** The rows, as they are when the agent runs: their file imports nothing but types. */
async function explanationRows(root) {
  const source = readFileSync(join(root, 'packages/agent/src/tokens/explain-rows.ts'), 'utf8');
  const { outputText } = ts.transpileModule(source, { compilerOptions: { target: 'es2022', module: 'esnext' } });
  const { answerRows, otherRows } = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);
  return [...answerRows, ...otherRows];
}

/** The texts that an expression may be: those of both branches, and those that a constant near it holds. */
function textsOf(node) {
  if (node === undefined) return [];
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
  if (ts.isTemplateExpression(node)) return [node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')];
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (!ts.isIdentifier(node)) return [];
  const texts = [];
  // The nearest of that name.
  for (let scope = node.parent; scope !== undefined && texts.length === 0; scope = scope.parent) {
    visit(scope, (other) => {
      if (ts.isVariableDeclaration(other) && other.name.getText() === node.text) texts.push(...textsOf(other.initializer));
    });
  }
  return texts;
}

function parse(root, file) {
  return ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.ES2023, true);
}

function visit(node, look) {
  look(node);
  ts.forEachChild(node, (child) => visit(child, look));
}

const cell = (text) => text.replaceAll('\n', ' ').replaceAll('|', '\\|');
const pattern = (expression) => `\`${cell(expression.source.replaceAll('\\b', ''))}\``;
