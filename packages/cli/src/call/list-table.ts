import pc from 'picocolors';
import { formatTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';

const mostColumns = 8;
const widestCell = 48;

/** Columns that people look for first, if the objects have them. */
const favourites = ['name', 'display_name', 'client_id', 'id', 'identifier', 'audience', 'type', 'app_type', 'status', 'description'];

/**
 * A table of the objects in `text`, a JSON array of them, or an object with one such array: as many columns with plain values as fit the terminal.
 * Undefined for any other text.
 */
export function formatList(text: string, terminal: Pick<Terminal, 'columns' | 'hasOutputColor'>): string | undefined {
  const objects = objectsIn(text);
  if (objects === undefined || objects.length === 0) return undefined;
  const names = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const plain = names.filter((name) => objects.every((object) => !isNested(object[name])));
  const rank = (name: string): number => (favourites.includes(name) ? favourites.indexOf(name) : favourites.length);
  const sorted = plain.map((name, index) => ({ name, index })).sort((a, b) => rank(a.name) - rank(b.name) || a.index - b.index);

  const shown: string[] = [];
  let left = (terminal.columns ?? 80) - 1;
  for (const { name } of sorted) {
    const width = Math.max(name.length, ...objects.map((object) => cellOf(object[name]).length)) + 3;
    if (width > left || shown.length === mostColumns) continue;
    shown.push(name);
    left -= width;
  }
  if (shown.length === 0) return undefined;
  const rows = objects.map((object) => shown.map((name) => cellOf(object[name])));
  const hidden = names.length - shown.length;
  const { dim } = pc.createColors(terminal.hasOutputColor);
  const count = `${objects.length} ${objects.length === 1 ? 'row' : 'rows'}`;
  const note = hidden === 0 ? count : `${count}; ${hidden} more ${hidden === 1 ? 'field' : 'fields'} with --json`;
  return `${formatTable(shown, rows, terminal.hasOutputColor)}\n${dim(note)}\n`;
}

function objectsIn(text: string): readonly Readonly<Record<string, unknown>>[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const lists = Object.values(value).filter((member) => Array.isArray(member));
    // Only an object that is one page of a list: any other object may have a list among its members, too.
    value = lists.length === 1 && ('total' in value || 'next' in value) ? lists[0] : undefined;
  }
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null && !Array.isArray(item));
  return isList ? (value as Record<string, unknown>[]) : undefined;
}

function isNested(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

function cellOf(value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value);
  return text.length > widestCell ? `${text.slice(0, widestCell - 1)}…` : text;
}
