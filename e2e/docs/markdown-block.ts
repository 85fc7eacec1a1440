import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workspace } from '../evertoken.ts';

/**
 * What is done with a block of code of a page. An HTML comment in the line above the block says it, and readers do not see it:
 *
 * - `<!-- run -->`, `<!-- run: prints TEXT -->`: run by a shell, which must succeed and print TEXT.
 * - `<!-- keeps running: prints TEXT -->`: started in another terminal, until the end of the page; the page goes on once it printed TEXT.
 * - `<!-- file: NAME -->`: is the content of this file. What is a config of the agent by its name is held against `evertoken check`.
 * - `<!-- from: PATH -->`: the same, and the file at PATH of the repository is no other.
 * - `<!-- installs -->`: npm installs packages; programs of the page find no others, but for those that `<!-- there already: NAMES -->` names, anywhere.
 * - `<!-- compiles -->`: a program in TypeScript that compiles; those of a page are one program.
 * - `<!-- tested by: PATH -->`: the test at PATH reads the page and tries the block.
 * - `<!-- not run: REASON -->`: cannot be tried here.
 */
export type BlockUse =
  | { readonly kind: 'run' | 'keeps running'; readonly prints: string | undefined }
  | { readonly kind: 'file' | 'from' | 'tested by' | 'not run'; readonly what: string }
  | { readonly kind: 'installs' | 'compiles' };

/** A fenced block of code of a page. */
export interface MarkdownBlock {
  /** Path of the page in the repository, and line of the fence. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
  /** Undefined where the comment is missing or says nothing that is known. */
  readonly use: BlockUse | undefined;
}

/** A page that people read. */
export interface Page {
  /** In the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly MarkdownBlock[];
  /** Packages that its reader has in any case. */
  readonly thereAlready: readonly string[];
}

/** Pages whose text is made by a program: what they say of commands is held against the commands where they are made. */
const madePages = ['docs/cli.md', 'docs/config.md', 'docs/compatibility.md', 'docs/errors.md'];

/** All pages that people read: the README, what is below docs/ but the decisions, and the examples. */
export async function readPages(): Promise<readonly Page[]> {
  const below = async (folder: string) => {
    const names = await readdir(join(workspace, folder));
    return names.filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`);
  };
  const paths = ['README.md', ...(await below('docs')), ...(await below('docs/guides')), 'examples/README.md'];
  return await Promise.all(paths.filter((path) => !madePages.includes(path)).map(readPage));
}

/** One page, by its path in the repository. */
export async function readPage(path: string): Promise<Page> {
  return pageOf(path, await readFile(join(workspace, path), 'utf8'));
}

/** The page with this text. */
export function pageOf(path: string, text: string): Page {
  const thereAlready = [...text.matchAll(/^<!-- there already: (.*) -->$/gm)].flatMap(([, names = '']) => names.split(' '));
  return { path, text, blocks: blocksIn(path, text), thereAlready };
}

/** The blocks with a language: one without is a drawing, or what a program printed. */
export function blocksIn(path: string, text: string): MarkdownBlock[] {
  const fence = /^(?:<!-- (?<comment>[^\n]+) -->\n)?```(?<language>\w+)\n(?<code>.*?)^```$/gms;
  return [...text.matchAll(fence)].map(({ groups = {}, index }) => ({
    place: `${path}:${text.slice(0, index).split('\n').length}`,
    language: groups['language'] ?? '',
    code: groups['code'] ?? '',
    use: useIn(groups['comment'] ?? ''),
  }));
}

function useIn(comment: string): BlockUse | undefined {
  if (comment === 'installs' || comment === 'compiles') return { kind: comment };
  const { kind = '', what = '' } = /^(?<kind>file|from|tested by|not run): (?<what>.*\S)$/.exec(comment)?.groups ?? {};
  if (kind !== '') return { kind: kind as 'file', what };
  const runs = /^(?<kind>run|keeps running)(?:: prints (?<prints>.*\S))?$/.exec(comment)?.groups;
  return runs === undefined ? undefined : { kind: runs['kind'] as 'run', prints: runs['prints'] };
}
