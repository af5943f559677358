import { formatDay, formatDuration } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";

import type { RehearsalDocument } from "../api.ts";
import { rehearsalsQuery } from "./plan-queries.ts";
import { rollbackQuery } from "./queries.ts";
import { modeWords, targetWords } from "./words.ts";

function rehearsedWords(last: RehearsalDocument | undefined): string {
  if (last === undefined) return "Not rehearsed yet.";
  const { verdict, measure, startedAt } = last;
  if (verdict !== "passed") return `Its rehearsal on ${formatDay(startedAt)} did not pass.`;
  const took = measure.effectMs === null ? "" : `; it took ${formatDuration(measure.effectMs)}`;
  return `Last rehearsed on ${formatDay(startedAt)}${took}.`;
}

/** One line for a header: how it is undone, how long that takes, and whether it ever was. */
export function WayBackLine(props: { environment: string; flagKey: string }) {
  const query = useQuery(rollbackQuery(props.environment, props.flagKey));
  const rehearsals = useQuery(rehearsalsQuery(props.environment, props.flagKey));
  const definition = query.data?.definition;
  const last = query.data?.executions.find(({ effectMs }) => effectMs !== null);
  const words =
    query.data === undefined
      ? "Reading the way back"
      : definition == null
        ? "No way back is defined yet. Rolling back by hand serves the off variant."
        : `Undone by going back to ${targetWords(definition.target)}, ${modeWords(definition.mode)}. ` +
          (last?.effectMs == null
            ? rehearsedWords(rehearsals.data?.items[0])
            : `The last rollback took ${formatDuration(last.effectMs)}.`);
  return (
    <p className="mt-1.5 flex items-start gap-1.5 text-small text-fg3">
      <Undo2 aria-hidden className="mt-px size-3.5 shrink-0" />
      {words}
    </p>
  );
}
