import { type DatePeriod, datePeriodOf } from './date-period.ts';
import { type LogCondition, type LogField, logFields } from './log-condition.ts';

/** The text of a search is not understood. The message says which part, and what can stand there. */
export class LogQueryError extends Error {}

/** The fields that a term without a field is looked for in, as Auth0 lists them. */
const bareFields: readonly LogField[] = ['client_name', 'connection', 'description', 'ip', 'log_id', 'type', 'user_name'];
/** Beside an asterisk, unless that is at the end and the only one. */
const shortestPiece = 3;

/**
 * What the search `text` asks for, in the part of Lucene's query language that Auth0 describes for logs: terms, phrases, `*`, ranges, fields, AND, OR, NOT and
 * parentheses; undefined where it asks for everything.
 * @throws {LogQueryError}
 */
export function parseLogQuery(text: string): LogCondition | undefined {
  if (/^\s*(\*(:\*)?)?\s*$/.test(text)) return undefined;
  return new Parser(text).query();
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  query(): LogCondition {
    const condition = this.#any(bareFields);
    const rest = this.#rest();
    if (rest !== '') throw new LogQueryError(rest.startsWith(')') ? "a ')' closes nothing" : `AND or OR is missing before ${rest}`);
    return condition;
  }

  #any(fields: readonly LogField[]): LogCondition {
    const of = [this.#all(fields)];
    while (this.#take(/(?:OR(?![^\s("])|\|\|)/y) !== undefined) of.push(this.#all(fields));
    return oneOf('any', of);
  }

  #all(fields: readonly LogField[]): LogCondition {
    const of = [this.#one(fields)];
    while (this.#take(/(?:AND(?![^\s("])|&&)/y) !== undefined) of.push(this.#one(fields));
    return oneOf('all', of);
  }

  #one(fields: readonly LogField[]): LogCondition {
    if (this.#take(/(?:NOT(?![^\s("])|!|-)/y) !== undefined) return { kind: 'not', of: this.#one(fields) };
    const [, name] = this.#take(/([A-Za-z_.]+):/y) ?? [];
    return this.#value(name === undefined ? fields : [fieldNamed(name)]);
  }

  #value(fields: readonly LogField[]): LogCondition {
    if (this.#take(/\(/y) !== undefined) {
      const condition = this.#any(fields);
      if (this.#take(/\)/y) === undefined) throw new LogQueryError(this.#missing("')'"));
      return condition;
    }
    const [, phrase] = this.#take(/"((?:[^"\\]|\\.)*)"/sy) ?? [];
    if (phrase !== undefined) return inAny(fields, (field) => equalTo(field, unescaped(phrase)));
    const [, opening, from, to, closing] = this.#take(/([[{])\s*("[^"]*"|[^\s"[\]{}]+)\s+TO\s+("[^"]*"|[^\s"[\]{}]+)\s*([\]}])/y) ?? [];
    if (from !== undefined && to !== undefined) {
      const bounds = { from: boundOf(from, opening === '['), to: boundOf(to, closing === ']') };
      return inAny(fields, (field) => within(field, bounds));
    }
    const [word] = this.#take(/(?!(?:AND|OR|&&|\|\|)(?![^\s("]))(?:[^\s()"[\]{}\\]|\\.)+/sy) ?? [];
    if (word === undefined) throw new LogQueryError(this.#missing('a term'));
    return inAny(fields, (field) => likeWord(field, word));
  }

  /** What `pattern` finds at this place, after spaces. */
  #take(pattern: RegExp): RegExpExecArray | undefined {
    this.#rest();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text) ?? undefined;
    if (found !== undefined) this.#at = pattern.lastIndex;
    return found;
  }

  #rest(): string {
    while (/\s/.test(this.#text.charAt(this.#at))) this.#at += 1;
    return this.#text.slice(this.#at);
  }

  #missing(what: string): string {
    const rest = this.#rest();
    return rest === '' ? `${what} is missing at its end` : `${what} is missing before ${rest}`;
  }
}

function oneOf(kind: 'all' | 'any', of: readonly LogCondition[]): LogCondition {
  const [first] = of;
  return of.length === 1 && first !== undefined ? first : { kind, of };
}

function inAny(fields: readonly LogField[], conditionOf: (field: LogField) => LogCondition): LogCondition {
  return oneOf('any', fields.map(conditionOf));
}

function fieldNamed(name: string): LogField {
  const field = logFields.find((each) => each === name);
  if (field === undefined) throw new LogQueryError(`there is no field ${name}; there are ${logFields.join(', ')}`);
  return field;
}

const unescaped = (text: string): string => text.replaceAll(/\\(.)/gs, '$1');

function equalTo(field: LogField, text: string): LogCondition {
  if (field !== 'date') return { kind: 'is', field, text };
  const { startMs, endMs } = periodOf(text);
  return { kind: 'when', sinceMs: startMs, untilMs: endMs };
}

function likeWord(field: LogField, word: string): LogCondition {
  const [, plus, mark = plus] = /^(\+)|(?<!\\)(?:\\\\)*([?~^])/.exec(word) ?? [];
  if (mark !== undefined) throw new LogQueryError(`${mark} is not known in ${word}; put it between double quotes`);
  const pieces = piecesOf(word);
  if (pieces.length === 1) return equalTo(field, pieces[0] ?? '');
  const isPrefix = pieces.length === 2 && pieces[1] === '';
  if (!isPrefix && pieces.some(({ length }) => length > 0 && length < shortestPiece)) {
    throw new LogQueryError(`three characters or more have to stand beside each * in ${word}; fewer only before one that ends it`);
  }
  return { kind: 'like', field, pieces };
}

/** The texts before, between and after the asterisks of `word` that are not escaped. */
function piecesOf(word: string): string[] {
  const pieces = [''];
  for (const [part] of word.matchAll(/(?:[^*\\]|\\.)+|\*/gs)) {
    if (part === '*') pieces.push('');
    else pieces[pieces.length - 1] = unescaped(part);
  }
  return pieces;
}

interface WrittenBound {
  readonly text: string;
  readonly isIncluded: boolean;
}

function boundOf(written: string, isIncluded: boolean): WrittenBound | undefined {
  if (written === '*') return undefined;
  return { text: unescaped(written.startsWith('"') ? written.slice(1, -1) : written), isIncluded };
}

// A bound that is a whole day, month or year stands for its first millisecond, as the service documents it.
function within(field: LogField, { from, to }: { from: WrittenBound | undefined; to: WrittenBound | undefined }): LogCondition {
  if (field !== 'date') return { kind: 'between', field, from, to };
  return {
    kind: 'when',
    sinceMs: from && periodOf(from.text).startMs + (from.isIncluded ? 0 : 1),
    untilMs: to && periodOf(to.text).startMs + (to.isIncluded ? 1 : 0),
  };
}

function periodOf(text: string): DatePeriod {
  const period = datePeriodOf(text);
  if (period === undefined) throw new LogQueryError(`${text} is no date; write it as 2026-01-31 or 2026-01-31T12:00:00Z`);
  return period;
}
