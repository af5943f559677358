import type { ReactNode } from "react";
import { useState } from "react";

import { Button } from "../components/Button.tsx";
import { ScrollRegion } from "../components/ScrollRegion.tsx";

export type ChartColumn<Row> = {
  readonly label: string;
  readonly cell: (row: Row) => ReactNode;
};

/** A chart with its sentence, and the same numbers as a table one click away. */
export function ChartFrame<Row>(props: {
  /** States the result in words. */
  title: string;
  columns: readonly ChartColumn<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Left of the button: how to read it, or the legend. */
  note?: ReactNode;
  children: ReactNode;
}) {
  const [asTable, setAsTable] = useState(false);
  return (
    <figure>
      {asTable ? <NumbersTable {...props} /> : props.children}
      <figcaption className="mt-1 flex flex-wrap items-center justify-between gap-2 text-small text-fg3">
        <span className="sr-only">{props.title}</span>
        <span className="flex flex-wrap items-center gap-x-3 max-sm:hidden">{props.note}</span>
        <Button small kind="quiet" onClick={() => setAsTable(!asTable)}>
          {asTable ? "Show as chart" : "Show as table"}
        </Button>
      </figcaption>
    </figure>
  );
}

function NumbersTable<Row>(props: {
  title: string;
  columns: readonly ChartColumn<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
}) {
  return (
    <ScrollRegion label={props.title} className="max-h-80 overflow-auto">
      <table className="w-full border-collapse text-right">
        <thead className="sticky top-0 bg-surface">
          <tr>
            {props.columns.map(({ label }) => (
              <th
                key={label}
                scope="col"
                className="h-8 border-b border-line px-2 font-normal text-fg2 first:text-left"
              >
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.rowKey(row)}>
              {props.columns.map(({ label, cell }) => (
                <td key={label} className="h-8 border-b border-line px-2 first:text-left">
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}
