// A table of numbers, which scrolls on its own if it is wider than the screen.
import type { ComponentChildren } from "preact";

export interface Column<Row> {
  key: string;
  head: ComponentChildren;
  cell: (row: Row) => ComponentChildren;
  /** Numbers are aligned right. */
  isNumber?: boolean;
  /** The column that says what the row is about. */
  isHead?: boolean;
}

export interface TableContent<Row> {
  name: string;
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string | number;
}

interface TableProps<Row> {
  content: TableContent<Row>;
  /** Whether it is visible, rather than only read by screen readers. */
  isSeen: boolean;
}

export function Table<Row>({ content, isSeen }: TableProps<Row>) {
  if (!isSeen) return <Rows content={content} />;
  // What scrolls must be reachable by keyboard.
  return (
    <div class="scrolled" role="group" tabIndex={0} aria-label={content.caption}>
      <Rows content={content} />
    </div>
  );
}

function Rows<Row>({ content }: { content: TableContent<Row> }) {
  const { name, caption, columns, rows, keyOf } = content;
  return (
    <table data-table={name}>
      <caption class="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ key, head, isNumber }) => (
            <th key={key} scope="col" class={isNumber ? "number" : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)} data-row={keyOf(row)}>
            {columns.map((column) => (
              <Cell key={column.key} column={column} row={row} />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const { key, cell, isNumber, isHead } = column;
  const name = isNumber ? "number" : undefined;
  return isHead ? (
    <th scope="row" data-column={key} class={name}>
      {cell(row)}
    </th>
  ) : (
    <td data-column={key} class={name}>
      {cell(row)}
    </td>
  );
}
