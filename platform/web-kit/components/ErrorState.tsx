import { RotateCw, TriangleAlert } from "lucide-react";

import { asProblem } from "../api/problem.ts";
import { Button } from "./Button.tsx";
import { classes } from "./classes.ts";

/** Says what failed, whether anything changed, and what to do. */
export function ErrorState(props: {
  error: unknown;
  onRetry?: (() => void) | undefined;
  /** In a form or a dialog: a box instead of the middle of a page. */
  inline?: boolean | undefined;
}) {
  const problem = asProblem(props.error);
  const unknown = problem.outcome === "unknown";
  // One fault is often the whole of the detail; it is said once then.
  const [only, ...others] = problem.faults;
  const isSaid = only !== undefined && others.length === 0 && problem.detail.includes(only.detail);
  return (
    <div
      role="alert"
      className={classes(
        "flex gap-3 rounded-card border border-negative-line bg-negative-tint",
        props.inline === true ? "px-3 py-2.5" : "mx-auto my-8 max-w-xl p-4",
      )}
    >
      <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-negative" />
      <div className="min-w-0 flex-1">
        <p className="font-semibold">{problem.title}</p>
        <p className="break-words text-fg2">{problem.detail}</p>
        {unknown && problem.status !== 0 && (
          <p className="text-fg2">
            It is not known whether anything was changed. Look before you repeat it.
          </p>
        )}
        {only !== undefined && !isSaid && (
          <ul className="mt-1 list-disc pl-4 text-fg2">
            {problem.faults.map((fault) => (
              <li key={`${fault.pointer} ${fault.detail}`}>
                <code className="font-mono text-small">{fault.pointer}</code> {fault.detail}
              </li>
            ))}
          </ul>
        )}
        {problem.requestId !== undefined && (
          <p className="mt-1 text-small text-fg3">
            Request <code className="font-mono">{problem.requestId}</code>
          </p>
        )}
        {props.onRetry !== undefined && (
          <div className="mt-2.5">
            <Button small icon={<RotateCw aria-hidden />} onClick={props.onRetry}>
              Try again
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}
