import { RelativeTime } from "./RelativeTime.tsx";
import { Notice } from "./VerdictBanner.tsx";

/** Data that could not be read anew stays visible, with its age. */
export function StaleNote(props: { since: number; onRetry: () => void }) {
  return (
    <div className="mb-4">
      <Notice
        tone="caution"
        title="These figures are not fresh."
        action={
          <button
            type="button"
            className="font-medium underline underline-offset-2"
            onClick={props.onRetry}
          >
            Try again
          </button>
        }
      >
        Last read <RelativeTime at={props.since} />. The server did not answer since.
      </Notice>
    </div>
  );
}
