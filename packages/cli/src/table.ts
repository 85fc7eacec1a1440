import Table from 'cli-table3';
import pc from 'picocolors';
import { printable } from './printable.ts';

/** A table with a line around each cell, for people. */
export function formatTable(head: readonly string[], rows: readonly (readonly string[])[], hasColor: boolean): string {
  const { bold } = pc.createColors(hasColor);
  // Its own colours would ignore NO_COLOR.
  const table = new Table({ head: head.map((title) => bold(title)), style: { head: [], border: [] } });
  table.push(...rows.map((row) => row.map((cell) => printable(cell).replaceAll('\n', ' '))));
  return table.toString();
}
