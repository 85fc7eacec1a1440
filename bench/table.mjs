/** Cells of one row → one line of Markdown that also reads well in a terminal: the first column to the left, all others to the right. */
export function table(head, rows) {
  const cells = [head, ...rows].map((row) => row.map(shown));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column].length)));
  const line = (row) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(cells[0]), rule, ...cells.slice(1).map(line)].join('\n');
}

function shown(value) {
  if (value === undefined || value === null) return '–';
  // Thin groups of three digits, from five digits on.
  if (typeof value === 'number')
    return value.toLocaleString('en-US', { maximumFractionDigits: 3, useGrouping: Math.abs(value) >= 10_000 }).replaceAll(',', ' ');
  return value;
}
