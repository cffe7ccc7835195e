// A chart with its numbers: as a picture for most, as a table for screen readers and for those who prefer to read.
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { say } from "../language/language";
import { Table, type TableContent } from "./table";

interface FigureProps<Row> {
  /** Also the name of its place in the layout. */
  name: string;
  title: string;
  chart: ComponentChildren;
  table: TableContent<Row>;
  /** What belongs to both chart and table. */
  children?: ComponentChildren;
}

export function Figure<Row>({ name, title, chart, table, children }: FigureProps<Row>) {
  const id = useId();
  const [asTable, setAsTable] = useState(false);
  return (
    <section class={`figure ${name}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" onClick={() => setAsTable(!asTable)}>
          {say(asTable ? "table.hide" : "table.show")}
          <span class="visually-hidden">: {title}</span>
        </button>
      </header>
      {children}
      {asTable ? null : chart}
      <div class={asTable ? "table" : "visually-hidden"}>
        <Table content={table} isSeen={asTable} />
      </div>
    </section>
  );
}
