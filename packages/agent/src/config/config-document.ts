import { isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { ConfigProblem } from './config-problem.ts';

/** A parsed config file that knows on which line each of its parts stands. */
export interface ConfigDocument {
  /** The content as plain values; `{}` for an empty file. */
  readonly value: unknown;
  /** Line (from 1) of the key or item at `path`, or of its nearest ancestor that exists. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** Parses YAML 1.2. Answers every mistake at once instead of a document where the text is no YAML. */
export function parseConfigDocument(text: string): { document: ConfigDocument } | { problems: readonly ConfigProblem[] } {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  if (parsed.errors.length > 0) {
    return { problems: parsed.errors.map((error) => ({ path: '', line: lines.linePos(error.pos[0]).line, message: readable(error) })) };
  }
  let value: unknown;
  try {
    value = parsed.toJS() ?? {};
  } catch (error) {
    // Unresolved or exploding aliases are found only here, without a place.
    return { problems: [{ path: '', line: undefined, message: readable(error as Error) }] };
  }
  const lineOf = (path: readonly PropertyKey[]): number => {
    let node: unknown = parsed.contents;
    let offset = 0;
    for (const step of path) {
      const [child, start] = childAt(node, step);
      if (start === undefined) break;
      [node, offset] = [child, start];
    }
    return lines.linePos(offset).line;
  };
  return { document: { value, lineOf } };
}

function readable({ message }: Error): string {
  if (message.includes('call stack')) return 'the file is nested too deeply; write it flat';
  if (message.includes('multiple documents')) return 'the file holds several documents; take out all lines `---` but the first';
  return message;
}

function childAt(node: unknown, step: PropertyKey): [child: unknown, start: number | undefined] {
  if (isMap(node)) {
    const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step));
    return [pair?.value, isScalar(pair?.key) ? pair.key.range?.[0] : undefined];
  }
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    const range = (item as { range?: readonly number[] } | undefined)?.range;
    return [item, range?.[0]];
  }
  return [undefined, undefined];
}
