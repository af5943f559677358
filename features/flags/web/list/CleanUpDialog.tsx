import {
  Button,
  Checkbox,
  Dialog,
  ErrorState,
  SkeletonRows,
  apiClient,
  formatCount,
  useCommand,
} from "@paceline/web-kit";
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { Archive, CircleMinus, Tag } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";

import type { CleanUpBody, CleanUpView } from "../../clean-up-api.ts";

function cleanUp(body: CleanUpBody, signal?: AbortSignal): Promise<CleanUpView> {
  return apiClient.post<CleanUpView>("/stale-flags/clean-up", body, { signal });
}

const previewQuery = (keys: readonly string[], ignoreReferences: boolean) =>
  queryOptions({
    queryKey: ["stale-flags", "preview", keys, ignoreReferences],
    queryFn: ({ signal }) =>
      cleanUp({ keys: [...keys], ignoreReferences, mark: true, dryRun: true }, signal),
    placeholderData: keepPreviousData,
  });

/** What would become of each chosen flag, then what has: archived, marked for clean-up, or kept and why. */
export function CleanUpDialog(props: {
  keys: readonly string[];
  onClose: (isDone: boolean) => void;
}) {
  const { keys, onClose } = props;
  const [ignoreReferences, setIgnore] = useState(false);
  const preview = useQuery(previewQuery(keys, ignoreReferences));
  const run = useCommand({
    run: () => cleanUp({ keys: [...keys], ignoreReferences, mark: true }),
    refresh: [["flags"], ["stale-flags"]],
    inline: true,
  });
  const shown = run.data ?? preview.data;
  const isDone = run.data !== undefined;
  const acts = (shown?.archived.length ?? 0) + (shown?.marked.length ?? 0);
  return (
    <Dialog
      open
      wide
      onOpenChange={() => onClose(isDone)}
      title={isDone ? "What became of them" : `Clean up ${formatCount(keys.length, "flag")}?`}
      description={
        isDone
          ? undefined
          : "Archiving takes a flag out everywhere: code that still asks for it uses its own default. Going back to a revision brings it back at once."
      }
      foot={
        <>
          <Button onClick={() => onClose(isDone)}>{isDone ? "Close" : "Cancel"}</Button>
          {!isDone && (
            <Button
              kind="danger"
              busy={run.isPending}
              disabled={acts === 0}
              onClick={() => run.mutate(undefined)}
            >
              {acts === 0 ? "Nothing can go yet" : `Clean up ${formatCount(acts, "flag")}`}
            </Button>
          )}
        </>
      }
    >
      {run.isError && <ErrorState inline error={run.error} />}
      {preview.isError && <ErrorState inline error={preview.error} />}
      {!isDone && (
        <Checkbox
          label="Archive also what code still names, or where nobody has looked"
          hint="Code that asks for an archived flag uses its own default"
          checked={ignoreReferences}
          onChange={setIgnore}
        />
      )}
      {shown === undefined ? (
        !preview.isError && <SkeletonRows rows={3} />
      ) : (
        <Report view={shown} isDone={isDone} />
      )}
    </Dialog>
  );
}

function Report(props: { view: CleanUpView; isDone: boolean }) {
  const { archived, marked, refused } = props.view;
  return (
    <ul
      aria-live="polite"
      className="flex flex-col divide-y divide-line rounded-control border border-line"
    >
      {archived.map(({ key, reasons }) => (
        <Line
          key={key}
          flagKey={key}
          icon={<Archive aria-hidden className="text-positive" />}
          word={props.isDone ? "Archived" : "Will be archived"}
          detail={reasons.join(" ")}
        />
      ))}
      {marked.map(({ key, detail }) => (
        <Line
          key={key}
          flagKey={key}
          icon={<Tag aria-hidden className="text-caution" />}
          word={props.isDone ? "Marked for clean-up" : "Will be marked for clean-up"}
          detail={detail}
        />
      ))}
      {refused.map(({ key, detail }) => (
        <Line
          key={key}
          flagKey={key}
          icon={<CircleMinus aria-hidden className="text-fg3" />}
          word="Stays"
          detail={detail}
        />
      ))}
    </ul>
  );
}

function Line(props: { flagKey: string; icon: ReactNode; word: string; detail: string }) {
  return (
    <li className="flex items-start gap-2.5 px-3 py-2 [&_svg]:mt-0.5 [&_svg]:size-4 [&_svg]:shrink-0">
      {props.icon}
      <span className="min-w-0">
        <code className="font-mono text-small font-medium break-all">{props.flagKey}</code>{" "}
        <span className="font-medium">{props.word}</span>
        <span className="block text-fg2">
          {/* Commands stand between backticks, as on the command line. */}
          {props.detail.split("`").map((part, index) =>
            index % 2 === 0 ? (
              part
            ) : (
              <code key={part} className="font-mono text-small text-fg">
                {part}
              </code>
            ),
          )}
        </span>
      </span>
    </li>
  );
}
