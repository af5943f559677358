import {
  Badge,
  Button,
  Card,
  ConfirmDialog,
  KeyValues,
  Loaded,
  Notice,
  SkeletonRows,
  TextLink,
  apiClient,
  formatDate,
  formatPercent,
  useCommand,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { HoldoutDetail, HoldoutSummary } from "../../holdout-api.ts";
import { flagPage } from "../pages.ts";
import { holdoutQuery } from "./queries.ts";
import { SlotKey, SlotStrip } from "./SlotStrip.tsx";
import type { Stretch } from "./SlotStrip.tsx";

const states = {
  active: { word: "Taking in flags", tone: "accent" },
  measuring: { word: "Measuring", tone: "caution" },
  closed: { word: "Closed", tone: "plain" },
} as const;

function scopeWords({ scope }: HoldoutSummary): string {
  switch (scope.kind) {
    case "everything":
      return "every flag";
    case "tag":
      return `flags tagged ${scope.tag}`;
    case "initiative":
      return "the flags of one initiative";
  }
}

function stretches({ heldOut, control }: HoldoutSummary): readonly Stretch[] {
  const stretch = (
    range: readonly number[],
    look: Stretch["look"],
    words: string,
  ): readonly Stretch[] => {
    const [from, to] = range;
    return from === undefined || to === undefined ? [] : [{ from, to, look, words }];
  };
  return [
    ...stretch(heldOut, "held", "Held out"),
    ...stretch(control, "other", "Measured control"),
  ];
}

/** One holdout: who is left out, who is measured against them, and for how long. */
export function HoldoutCard(props: {
  holdout: HoldoutSummary;
  mayEdit: boolean;
  onEdit: () => void;
}) {
  const { holdout, mayEdit, onEdit } = props;
  const { word, tone } = states[holdout.state];
  const query = useQuery(holdoutQuery(holdout.key));
  const label = `${holdout.name}: ${formatPercent(holdout.share)} held out, as many measured as control`;
  return (
    <Card
      level={3}
      title={holdout.name}
      note={scopeWords(holdout)}
      actions={
        <>
          <Badge tone={tone} dot={holdout.state === "active"}>
            {word}
          </Badge>
          {mayEdit && (
            <Button small kind="quiet" onClick={onEdit}>
              Edit
            </Button>
          )}
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {holdout.description !== "" && <p className="text-fg2">{holdout.description}</p>}
        <div>
          <SlotStrip label={label} stretches={stretches(holdout)} />
          <div className="mt-1 flex flex-wrap gap-x-4 gap-y-1">
            <SlotKey look="held">held out {formatPercent(holdout.share)}</SlotKey>
            <SlotKey look="other">measured control {formatPercent(holdout.share)}</SlotKey>
            <SlotKey look="free">everybody else, not compared</SlotKey>
          </div>
        </div>
        {holdout.biased && (
          <Notice tone="caution" title="Partly biased.">
            Some flags had served before they were held out; what it says of them is not sound.
          </Notice>
        )}
        <KeyValues
          items={[
            { key: "Unit", value: <code className="font-mono text-small">{holdout.unit}</code> },
            { key: "Window", value: windowWords(holdout) },
          ]}
        />
        <Loaded query={query} skeleton={<SkeletonRows rows={2} />}>
          {(detail) => <FlagsOf detail={detail} />}
        </Loaded>
        {mayEdit && holdout.state !== "closed" && <Move holdout={holdout} />}
      </div>
    </Card>
  );
}

function windowWords({ measuringFrom, closesAt, state, stateSince }: HoldoutSummary): string {
  if (state === "closed") return `closed on ${formatDate(stateSince)}`;
  const measuring =
    state === "measuring"
      ? `measuring since ${formatDate(stateSince)}`
      : measuringFrom === null
        ? "takes in flags until somebody says so"
        : `takes in flags until ${formatDate(measuringFrom)}`;
  return `${measuring}; ${closesAt === null ? "no end is set" : `ends on ${formatDate(closesAt)}`}`;
}

function FlagsOf(props: { detail: HoldoutDetail }) {
  const { flags, unattached, environment } = props.detail;
  return (
    <div className="flex flex-col gap-2 border-t border-line pt-3">
      <h4 className="text-small text-fg2">
        {flags.length === 0 ? "No flag is held out yet" : "Held out of"}
      </h4>
      <ul className="flex flex-wrap gap-x-4 gap-y-1 empty:hidden">
        {flags.map(({ flagKey, bias }) => (
          <li key={flagKey} className="flex items-center gap-1.5">
            <TextLink to={flagPage.href({ flagKey }, { environment })}>{flagKey}</TextLink>
            {bias !== null && (
              <Badge tone="caution" title={bias}>
                Biased
              </Badge>
            )}
          </li>
        ))}
      </ul>
      {unattached.length > 0 && (
        <p className="text-small text-fg2">
          In scope, but served before: {unattached.join(", ")}. Attach them by hand if you accept
          that they are biased.
        </p>
      )}
    </div>
  );
}

/** Takes a holdout on: first it takes in no more, then it lets everybody in. */
function Move(props: { holdout: HoldoutSummary }) {
  const { holdout } = props;
  const [asking, setAsking] = useState(false);
  const to = holdout.state === "active" ? "measuring" : "closed";
  const move = useCommand({
    run: () => apiClient.post(`/holdouts/${encodeURIComponent(holdout.key)}/move`, { to }),
    refresh: [["holdouts"], ["flags"]],
    done: to === "measuring" ? "It takes in no more flags" : "Everybody is let in",
    inline: true,
    onDone: () => setAsking(false),
  });
  const act = to === "measuring" ? "Take in no more flags" : "Close and let everybody in";
  return (
    <div>
      <Button onClick={() => setAsking(true)}>{act}</Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={`${act}?`}
        description={
          to === "measuring"
            ? "Flags that are published from now on reach the people who are held out, too. It cannot be taken back."
            : "The people who were held out get what everybody gets, within a second. What was measured stays. It cannot be taken back."
        }
        act={act}
        danger={to === "closed"}
        busy={move.isPending}
        error={move.isError ? move.error : undefined}
        onConfirm={() => move.mutate(undefined)}
      />
    </div>
  );
}
