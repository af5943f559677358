import { ChevronDown, ChevronUp, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";

import { AppLink } from "./AppLink.tsx";
import { classes } from "./classes.ts";

export type Column<Row> = {
  /** Also the name in the address when sorted: `name` or `-name`. */
  readonly key: string;
  readonly label: string;
  /** For a column whose content speaks for itself, such as a menu of acts. */
  readonly hideLabel?: boolean | undefined;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: "right" | undefined;
  readonly sortable?: boolean | undefined;
  /** Left out below this width; the row stays usable without it. */
  readonly from?: "sm" | "md" | "lg" | undefined;
  /** A CSS width; the rest is shared. */
  readonly width?: string | undefined;
  /** Long text is cut at the column's end instead of wrapping. */
  readonly truncate?: boolean | undefined;
};

const shownFrom = {
  sm: "max-sm:hidden",
  md: "max-md:hidden",
  lg: "max-lg:hidden",
} as const;

export type TableProps<Row> = {
  /** What the table lists, for the screen reader. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Address of the row's object; the first cell becomes the link, the whole row is its target. */
  rowTo?: ((row: Row) => string) | undefined;
  selectedKey?: string | undefined;
  /** `name` ascending, `-name` descending. */
  sort?: string | undefined;
  onSort?: ((sort: string) => void) | undefined;
  /** A heading row before the rows of each group, in the order of `rows`. */
  groupOf?: ((row: Row) => string | undefined) | undefined;
  /** Marks rows that arrived while the page was open. */
  isNew?: ((row: Row) => boolean) | undefined;
  empty?: ReactNode;
  /** The head stays below the top bar of the page while it scrolls. Default true. */
  stickyHead?: boolean | undefined;
};

/** A dense table. Place it in a flush Card. */
export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, empty, groupOf, stickyHead = true } = props;
  if (rows.length === 0 && empty !== undefined) return empty;
  return (
    <div className="max-md:overflow-x-auto">
      <table aria-label={label} className="w-full border-collapse text-left">
        <thead className={classes(stickyHead && "md:sticky md:top-12 md:z-10")}>
          <tr className="bg-sunken">
            {columns.map((column) => (
              <HeadCell
                key={column.key}
                column={column}
                sort={props.sort}
                onSort={column.sortable === true ? props.onSort : undefined}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => {
            const before = rows[index - 1];
            const group = groupOf?.(row);
            const heads = before === undefined || groupOf?.(before) !== group;
            return (
              <Rows
                key={rowKey(row)}
                groupHead={heads ? group : undefined}
                row={row}
                table={props}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function HeadCell<Row>(props: {
  column: Column<Row>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}) {
  const { column, sort, onSort } = props;
  const up = sort === column.key;
  const down = sort === `-${column.key}`;
  const Icon = up ? ChevronUp : down ? ChevronDown : ChevronsUpDown;
  return (
    <th
      scope="col"
      style={column.width === undefined ? undefined : { width: column.width }}
      aria-sort={up ? "ascending" : down ? "descending" : undefined}
      className={classes(
        "h-9 border-b border-line px-2 font-normal whitespace-nowrap text-fg2 first:pl-4 last:pr-4",
        column.align === "right" && "text-right",
        column.from !== undefined && shownFrom[column.from],
      )}
    >
      {onSort === undefined ? (
        <span className={column.hideLabel === true ? "sr-only" : undefined}>{column.label}</span>
      ) : (
        <button
          type="button"
          onClick={() => onSort(up ? `-${column.key}` : column.key)}
          className={classes(
            "group -mx-1 inline-flex h-6 items-center gap-1 rounded-badge px-1 hover:text-fg",
            (up || down) && "font-medium text-fg",
          )}
        >
          {column.label}
          <Icon
            aria-hidden
            className={classes("size-3", !up && !down && "opacity-0 group-hover:opacity-100")}
          />
        </button>
      )}
    </th>
  );
}

function Rows<Row>(props: { groupHead: string | undefined; row: Row; table: TableProps<Row> }) {
  const { groupHead, row, table } = props;
  const { columns, rowKey, rowTo, selectedKey, isNew } = table;
  const selected = selectedKey !== undefined && rowKey(row) === selectedKey;
  const target = rowTo?.(row);
  return (
    <>
      {groupHead !== undefined && (
        <tr className="bg-sunken">
          <th
            scope="colgroup"
            colSpan={columns.length}
            className="h-8 border-b border-line px-4 text-small font-normal text-fg2"
          >
            {groupHead}
          </th>
        </tr>
      )}
      <tr
        className={classes(
          "relative border-b border-line last:border-b-0",
          selected ? "bg-accent-tint" : target !== undefined && "hover:bg-hover",
          isNew?.(row) === true && "live-row",
        )}
      >
        {columns.map((column, index) => {
          const content = column.cell(row);
          return (
            <td
              key={column.key}
              className={classes(
                "row-h px-2 py-1 first:pl-4 last:pr-4",
                column.align === "right" && "text-right",
                column.truncate === true && "max-w-0 truncate",
                column.from !== undefined && shownFrom[column.from],
              )}
            >
              {index === 0 && target !== undefined ? (
                <AppLink
                  to={target}
                  aria-current={selected ? "true" : undefined}
                  className="font-medium after:absolute after:inset-0 after:content-[''] focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-ring"
                >
                  {content}
                </AppLink>
              ) : (
                content
              )}
            </td>
          );
        })}
      </tr>
    </>
  );
}
