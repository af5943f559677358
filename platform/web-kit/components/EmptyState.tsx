import type { ReactNode } from "react";

/** What will appear here, why it is worth it, one act, one link to a filled example. */
export function EmptyState(props: {
  icon?: ReactNode;
  /** One line: what will appear here. */
  title: string;
  /** One line: why it is worth it. */
  children?: ReactNode;
  action?: ReactNode;
  link?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-1 px-4 py-12 text-center">
      {props.icon !== undefined && (
        <span
          aria-hidden
          className="mb-2 grid size-10 place-items-center rounded-card border border-line bg-surface text-fg3 shadow-rest [&_svg]:size-5"
        >
          {props.icon}
        </span>
      )}
      <p className="text-lead font-medium">{props.title}</p>
      {props.children !== undefined && <p className="max-w-[46ch] text-fg2">{props.children}</p>}
      {(props.action !== undefined || props.link !== undefined) && (
        <div className="mt-3 flex flex-wrap items-center justify-center gap-3">
          {props.action}
          {props.link}
        </div>
      )}
    </div>
  );
}
