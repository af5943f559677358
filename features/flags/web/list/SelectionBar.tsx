import { Button, formatCount, formatNumber } from "@paceline/web-kit";
import { Archive } from "lucide-react";
import { Suspense, lazy, useState } from "react";

const CleanUpDialog = lazy(async () => ({
  default: (await import("./CleanUpDialog.tsx")).CleanUpDialog,
}));

/** What can be done with the chosen flags at once. */
export function SelectionBar(props: {
  keys: readonly string[];
  /** Those in the list that can still be chosen. */
  others: readonly string[];
  onAll: () => void;
  onDone: () => void;
}) {
  const { keys, others, onAll, onDone } = props;
  const [asking, setAsking] = useState(false);
  return (
    <section
      aria-label="Selected flags"
      className="mb-4 flex flex-wrap items-center gap-3 rounded-card border border-accent-line bg-accent-tint px-4 py-2"
    >
      <p aria-live="polite" className="font-medium">
        {formatCount(keys.length, "flag")} selected
      </p>
      {others.length > 0 && (
        <Button small kind="quiet" onClick={onAll}>
          Select all {formatNumber(keys.length + others.length)}
        </Button>
      )}
      <div className="ml-auto flex gap-2">
        <Button icon={<Archive aria-hidden />} onClick={() => setAsking(true)}>
          Clean up
        </Button>
        <Button kind="quiet" onClick={onDone}>
          Clear
        </Button>
      </div>
      {asking && (
        <Suspense>
          <CleanUpDialog
            keys={keys}
            onClose={(isDone) => {
              setAsking(false);
              if (isDone) onDone();
            }}
          />
        </Suspense>
      )}
    </section>
  );
}
