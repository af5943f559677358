import type { ReactNode } from "react";

import { classes } from "./classes.ts";
import type { Tone } from "./tone.ts";
import { toneTint } from "./tone.ts";

/** A bordered box. With a title it is a section with its own heading. */
export function Card(props: {
  title?: ReactNode;
  /** Said after the title, in grey: what the numbers are of. */
  note?: ReactNode;
  /** Badge or small buttons on the right of the title. */
  actions?: ReactNode;
  /** A ruled line at the bottom, for a limit, an age or a way back. */
  foot?: ReactNode;
  tone?: Tone | undefined;
  /** Content brings its own padding (tables, lists). */
  flush?: boolean | undefined;
  /** Heading level, 2 unless the card sits in another titled card. */
  level?: 2 | 3 | undefined;
  className?: string | undefined;
  children?: ReactNode;
}) {
  const { title, note, actions, foot, tone, flush, level = 2, className, children } = props;
  const Heading = level === 2 ? "h2" : "h3";
  const look = tone === undefined ? "border-line bg-surface" : toneTint[tone];
  return (
    <section className={classes("overflow-clip rounded-card border shadow-rest", look, className)}>
      {title !== undefined && (
        <header className="card-px flex min-h-11 flex-wrap items-center justify-between gap-x-3 gap-y-1 border-b border-line py-2">
          <div className="flex min-w-0 flex-wrap items-baseline gap-x-2">
            <Heading className="text-body font-semibold tracking-[-0.011em]">{title}</Heading>
            {note !== undefined && <span className="text-small text-fg3">{note}</span>}
          </div>
          {actions !== undefined && <div className="flex items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={flush === true ? undefined : "card-p"}>{children}</div>
      {foot !== undefined && (
        <footer className="card-px border-t border-line py-2.5 text-small text-fg2">{foot}</footer>
      )}
    </section>
  );
}

/** A row of a flush card: icon and words on the left, the value on the right. */
export function CardRow(props: { icon?: ReactNode; children: ReactNode; value?: ReactNode }) {
  return (
    <div className="card-px flex min-h-(--row-height) items-center gap-2.5 border-b border-line py-1.5 last:border-b-0">
      {props.icon}
      <div className="min-w-0 flex-1">{props.children}</div>
      {props.value !== undefined && (
        <div className="shrink-0 text-right text-small text-fg2 tabular-nums">{props.value}</div>
      )}
    </div>
  );
}
