// The measured tables of docs/comparison.md are those of bench/README.md: a table is found by the first cell of its head, its columns by theirs.

const tables = /(?:^\|.*\|$\n)+/gm;

/** `page` with the numbers that `benches` has now. Throws where a table that has a bench's name asks for what that bench does not have. */
export function withMeasured(page, benches) {
  const measured = new Map([...benches.matchAll(tables)].map(([table]) => rowsOf(table)).map((rows) => [rows[0][0], rows]));
  return page.replaceAll(tables, (table) => {
    const [columns, line] = rowsOf(table);
    const rows = measured.get(columns[0]);
    if (rows === undefined) return table;
    const places = columns.map((column) => {
      const place = rows[0].indexOf(column);
      if (place < 0) throw new Error(`bench/README.md has no column "${column}" in the table "${columns[0]}".`);
      return place;
    });
    const body = rows.slice(2).map((row) => places.map((place) => row[place]));
    return [columns, line, ...body]
      .map((row) => `| ${row.join(' | ')} |\n`)
      .join('')
      .replace(/^\| (-+ \| )+-+ \|$/m, `|${line.join('|')}|`);
  });
}

/** Names of the measured tables of a page. */
export function measuredIn(page, benches) {
  const names = [...benches.matchAll(tables)].map(([table]) => rowsOf(table)[0][0]);
  return [...page.matchAll(tables)].map(([table]) => rowsOf(table)[0][0]).filter((name) => name !== '' && names.includes(name));
}

function rowsOf(table) {
  return table
    .trimEnd()
    .split('\n')
    .map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
}
