import { classes, formatPercent } from "@paceline/web-kit";

import { variantFill } from "./variant-look.ts";

export type BarPart = {
  /** Null for the default in the code. */
  readonly variant: string | null;
  /** 0 to 1, of the whole bar. */
  readonly share: number;
  /** Instead of the percent, such as a count. */
  readonly words?: string | undefined;
};

export type VariantNames = {
  /** All variants of the flag, in their order. */
  readonly variants: readonly string[];
  readonly base: string | undefined;
};

const digitsBelow = 0.1;

/** A share with enough digits to tell it from nothing. */
export function shareWords(share: number): string {
  return formatPercent(share, share > 0 && share < digitsBelow ? 1 : 0);
}

function nameOf({ variant }: BarPart): string {
  return variant ?? "default in the code";
}

/** Shares of variants as one bar; what is not full is nobody. */
export function VariantBar(props: {
  /** What the bar is of: "Everyone in production". */
  label: string;
  parts: readonly BarPart[];
  names: VariantNames;
  thin?: boolean | undefined;
}) {
  const { label, parts, names, thin } = props;
  const shown = parts.filter(({ share }) => share > 0);
  const words = shown.map((part) => `${nameOf(part)} ${part.words ?? shareWords(part.share)}`);
  return (
    <div>
      <span className="sr-only">
        {label}: {words.length === 0 ? "nobody" : words.join(", ")}
      </span>
      <div
        aria-hidden
        className={classes(
          "flex w-full overflow-hidden rounded-[4px] bg-hover",
          thin === true ? "h-1.5" : "h-4",
        )}
      >
        {shown.map((part) => (
          <span
            key={part.variant ?? ""}
            title={`${nameOf(part)} ${part.words ?? shareWords(part.share)}`}
            className={classes(
              "h-full min-w-0.5 border-r border-surface last:border-r-0",
              part.variant === null && "border border-dashed border-line-2",
            )}
            style={{
              width: `${part.share * 100}%`,
              background: variantFill(part.variant, names.variants, names.base),
            }}
          />
        ))}
      </div>
    </div>
  );
}

/** The names of a bar's fills, with their numbers. */
export function VariantLegend(props: { parts: readonly BarPart[]; names: VariantNames }) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-small">
      {props.parts.map((part) => (
        <li key={part.variant ?? ""} className="flex items-center gap-1.5">
          <VariantSwatch variant={part.variant} names={props.names} />
          <span className={part.variant === null ? "text-fg2" : "font-medium"}>{nameOf(part)}</span>
          <span className="text-fg2 tabular-nums">{part.words ?? shareWords(part.share)}</span>
        </li>
      ))}
    </ul>
  );
}

export function VariantSwatch(props: { variant: string | null; names: VariantNames }) {
  const { variant, names } = props;
  return (
    <span
      aria-hidden
      className={classes(
        "inline-block size-2.5 shrink-0 rounded-[3px]",
        variant === null && "border border-dashed border-fg3",
      )}
      style={{ background: variantFill(variant, names.variants, names.base) }}
    />
  );
}
