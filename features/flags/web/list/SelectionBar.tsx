import {
  Button,
  Dialog,
  ErrorState,
  apiClient,
  asProblem,
  formatCount,
  useCommand,
} from "@paceline/web-kit";
import { Archive, CircleCheck, CircleX } from "lucide-react";
import { useState } from "react";

import type { FlagSummary } from "../../api.ts";
import type { StaleFlagView } from "../../stale-api.ts";
import { flagPath } from "../queries.ts";

type Outcome = { readonly key: string; readonly refusal: string | null };

/** One after the other, so that one that is refused stops nothing and is named in the report. */
async function archiveAll(keys: readonly string[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const key of keys) {
    const refusal = await apiClient.post(`${flagPath(key)}/archive`).then(
      () => null,
      (error: unknown) => asProblem(error).detail,
    );
    outcomes.push({ key, refusal });
  }
  return outcomes;
}

/** What can be done with the chosen flags at once, and a report of what became of each. */
export function SelectionBar(props: {
  flags: readonly FlagSummary[];
  staleOf: (key: string) => StaleFlagView | undefined;
  onDone: () => void;
}) {
  const { flags, staleOf, onDone } = props;
  const [asking, setAsking] = useState(false);
  const archive = useCommand({
    run: archiveAll,
    refresh: [["flags"], ["stale-flags"]],
    inline: true,
  });
  const close = () => {
    setAsking(false);
    if (archive.data !== undefined) onDone();
  };
  return (
    <section
      aria-label="Selected flags"
      className="mb-4 flex flex-wrap items-center gap-3 rounded-card border border-accent-line bg-accent-tint px-4 py-2"
    >
      <p aria-live="polite" className="font-medium">
        {formatCount(flags.length, "flag")} selected
      </p>
      <div className="ml-auto flex gap-2">
        <Button icon={<Archive aria-hidden />} onClick={() => setAsking(true)}>
          Clean up
        </Button>
        <Button kind="quiet" onClick={onDone}>
          Clear
        </Button>
      </div>
      {asking && (
        <Dialog
          open
          wide
          onOpenChange={close}
          title={
            archive.data === undefined
              ? `Archive ${formatCount(flags.length, "flag")}?`
              : "What became of them"
          }
          description={
            archive.data === undefined
              ? "Archiving takes a flag out everywhere: code that still asks for it uses its own default. Going back to a revision brings it back at once."
              : undefined
          }
          foot={
            <>
              <Button onClick={close}>{archive.data === undefined ? "Cancel" : "Close"}</Button>
              {archive.data === undefined && (
                <Button
                  kind="danger"
                  busy={archive.isPending}
                  onClick={() => archive.mutate(flags.map(({ key }) => key))}
                >
                  Archive {formatCount(flags.length, "flag")}
                </Button>
              )}
            </>
          }
        >
          {archive.isError && <ErrorState inline error={archive.error} />}
          {archive.data === undefined ? (
            <ul className="flex flex-col divide-y divide-line rounded-control border border-line">
              {flags.map((flag) => (
                <Candidate key={flag.key} flag={flag} stale={staleOf(flag.key)} />
              ))}
            </ul>
          ) : (
            <Report outcomes={archive.data} />
          )}
        </Dialog>
      )}
    </section>
  );
}

function Candidate(props: { flag: FlagSummary; stale: StaleFlagView | undefined }) {
  const { flag, stale } = props;
  const places = stale?.references;
  return (
    <li className="px-3 py-2">
      <code className="font-mono text-small font-medium">{flag.key}</code>
      <p className={stale === undefined ? "text-caution" : "text-fg2"}>
        {stale === undefined
          ? "Not stale: it is still asked for, or still decides something."
          : stale.proposal.words}
        {places != null && places > 0 && ` Code still names it in ${formatCount(places, "place")}.`}
      </p>
    </li>
  );
}

function Report(props: { outcomes: readonly Outcome[] }) {
  return (
    <ul className="flex flex-col divide-y divide-line rounded-control border border-line">
      {props.outcomes.map(({ key, refusal }) => (
        <li key={key} className="flex items-start gap-2 px-3 py-2">
          {refusal === null ? (
            <CircleCheck aria-hidden className="mt-0.5 size-4 shrink-0 text-positive" />
          ) : (
            <CircleX aria-hidden className="mt-0.5 size-4 shrink-0 text-negative" />
          )}
          <span className="min-w-0">
            <code className="font-mono text-small font-medium">{key}</code>
            <span className="block text-fg2">
              {refusal ?? "Archived everywhere; going back to a revision brings it back."}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
