import { classes } from "./classes.ts";

/** A grey stroke in the place of text; unseen for the first 150 ms. */
export function Skeleton(props: { className?: string | undefined }) {
  return <div aria-hidden className={classes("skeleton", props.className ?? "h-4 w-full")} />;
}

const widths = ["w-3/4", "w-11/12", "w-2/3", "w-5/6", "w-4/5"] as const;

/** Rows in the shape of a table or list that is on its way. */
export function SkeletonRows(props: { rows?: number | undefined; label?: string | undefined }) {
  const { rows = 6, label = "Loading" } = props;
  return (
    <output aria-label={label} className="block">
      {Array.from({ length: rows }, (_, row) => (
        <div
          key={row}
          className="card-px row-h flex items-center gap-4 border-b border-transparent"
        >
          <Skeleton className="h-3 w-16" />
          <Skeleton className={classes("h-3", widths[row % widths.length])} />
        </div>
      ))}
    </output>
  );
}
