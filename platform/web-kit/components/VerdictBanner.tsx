import { CircleCheck, Info, OctagonAlert, TriangleAlert, CircleDashed } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

import { classes } from "./classes.ts";
import { toneSolid, toneText, toneTint } from "./tone.ts";

export type BannerTone = "positive" | "negative" | "caution" | "accent" | "plain";

const icons = {
  positive: CircleCheck,
  negative: OctagonAlert,
  caution: TriangleAlert,
  accent: CircleDashed,
  plain: Info,
} as const satisfies Record<BannerTone, LucideIcon>;

export type BannerFigure = {
  readonly label: string;
  readonly value: string;
  /** The interval, the sample or the window; no figure stands alone. */
  readonly detail?: string | undefined;
};

/** The answer of a screen: one title, one sentence, up to three figures, and who locked what. */
export function VerdictBanner(props: {
  tone: BannerTone;
  title: string;
  children: ReactNode;
  figures?: readonly BannerFigure[] | undefined;
  icon?: ReactNode;
  /** A button that stands beside the figures. */
  action?: ReactNode;
  foot?: ReactNode;
  /** Usually a link to the audit entry. */
  footLink?: ReactNode;
}) {
  const { tone, title, children, figures, icon, action, foot, footLink } = props;
  const Icon = icons[tone];
  return (
    <section
      aria-label={title}
      className={classes("overflow-clip rounded-card border", toneTint[tone])}
    >
      <div className="flex flex-wrap items-start gap-x-8 gap-y-4 p-5">
        <div className="flex min-w-[min(100%,20rem)] flex-1 gap-3.5">
          <span
            aria-hidden
            className={classes(
              "grid size-9 shrink-0 place-items-center rounded-full [&_svg]:size-5",
              tone === "caution" ? "text-on-caution" : "text-on-solid",
              toneSolid[tone],
            )}
          >
            {icon ?? <Icon />}
          </span>
          <div>
            <h2 className="text-panel font-semibold">{title}</h2>
            <div className="max-w-[62ch] text-fg2">{children}</div>
          </div>
        </div>
        {(figures !== undefined || action !== undefined) && (
          <div className="flex flex-wrap items-start gap-x-8 gap-y-3">
            {figures !== undefined && <Figures figures={figures} />}
            {action}
          </div>
        )}
      </div>
      {(foot !== undefined || footLink !== undefined) && (
        <footer
          className={classes(
            "flex flex-wrap items-center justify-between gap-x-4 gap-y-1 border-t px-5 py-2 text-small text-fg2 [&_svg]:size-3.5",
            toneTint[tone],
          )}
        >
          <span className="flex items-center gap-2">{foot}</span>
          {footLink}
        </footer>
      )}
    </section>
  );
}

function Figures(props: { figures: readonly BannerFigure[] }) {
  return (
    <dl className="flex flex-wrap gap-x-8 gap-y-3">
      {props.figures.map((figure) => (
        <div key={figure.label} className="flex flex-col">
          <dt className="text-small text-fg2">{figure.label}</dt>
          <dd className="text-figure font-semibold tabular-nums">{figure.value}</dd>
          {figure.detail !== undefined && (
            <dd className="text-small text-fg2 tabular-nums">{figure.detail}</dd>
          )}
        </div>
      ))}
    </dl>
  );
}

/** One line above a screen: what holds for all of it, and where to see why. */
export function Notice(props: {
  tone?: BannerTone | undefined;
  title?: string | undefined;
  children: ReactNode;
  action?: ReactNode;
}) {
  const { tone = "plain", title, children, action } = props;
  const Icon = icons[tone];
  return (
    <div
      className={classes(
        "flex flex-wrap items-center gap-x-3 gap-y-1 rounded-card border px-4 py-2.5",
        toneTint[tone],
      )}
    >
      <Icon aria-hidden className={classes("size-4 shrink-0", toneText[tone])} />
      <div className="min-w-0 flex-1 text-fg2">
        {title !== undefined && <strong className="font-semibold text-fg">{title} </strong>}
        {children}
      </div>
      {action !== undefined && <div className="max-sm:w-full max-sm:pl-7">{action}</div>}
    </div>
  );
}
