import { classes } from "./classes.ts";

export type Segment<T extends string> = { readonly value: T; readonly label: string };

/** Two to four ways to see the same thing, such as board or table. */
export function SegmentedControl<T extends string>(props: {
  label: string;
  segments: readonly Segment<T>[];
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <fieldset
      aria-label={props.label}
      className="inline-flex shrink-0 rounded-control border border-line bg-hover p-px"
    >
      {props.segments.map(({ value, label }) => {
        const chosen = value === props.value;
        return (
          <button
            key={value}
            type="button"
            aria-pressed={chosen}
            onClick={() => props.onChange(value)}
            className={classes(
              "h-7 rounded-[6px] px-2.5 text-body transition-colors duration-100",
              chosen ? "bg-surface font-medium text-fg shadow-rest" : "text-fg2 hover:text-fg",
            )}
          >
            {label}
          </button>
        );
      })}
    </fieldset>
  );
}
