import {
  Badge,
  Card,
  Columns,
  ErrorState,
  LinkButton,
  ModeBadge,
  Page,
  PageHeader,
  SkeletonRows,
  StateBadge,
  StaleNote,
  TextLink,
  VerdictBadge,
  classes,
  toneText,
  useLive,
  useMay,
  usePageParams,
  usePageSearch,
} from "@paceline/web-kit";
import type { ApiProblem } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { Suspense, lazy, useEffect, useState } from "react";

import type { InitiativeDetail } from "../api.ts";
import { ArtifactRows, isWritten } from "./ArtifactList.tsx";
import { AnswerCard, ControlsCard, FactsCard, RulesCard, SprintIfCard } from "./DecisionCards.tsx";
import { InitiativeActs } from "./InitiativeActs.tsx";
import { rollbackAddress } from "./links.ts";
import { editProposalPage, initiativePage, initiativesPage } from "./pages.ts";
import { INITIATIVES_KEY, INITIATIVES_TOPIC, initiativeQuery } from "./queries.ts";
import { Refusal } from "./Refusal.tsx";
import {
  ExperimentsCard,
  HistoryCard,
  IterationsCard,
  PlanCard,
  WayBackCard,
} from "./RunCards.tsx";
import { isEditable, useStanding } from "./standing.ts";
import { sentence, statusTone } from "./words.ts";

// The editors of artifacts are fetched when one is opened.
const ArtifactDialog = lazy(async () => ({
  default: (await import("./ArtifactDialog.tsx")).ArtifactDialog,
}));

const crumbs = [{ label: "Initiatives", to: initiativesPage.href() }] as const;

export function InitiativePage() {
  const { id } = usePageParams(initiativePage);
  useLive(INITIATIVES_TOPIC, INITIATIVES_KEY);
  useLive("experiments", ["experiments", "of-initiative", id]);
  const query = useQuery(initiativeQuery(id));
  if (query.data === undefined) {
    return (
      <Page title="Initiative" crumbs={crumbs}>
        {query.isError ? (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        ) : (
          <SkeletonRows rows={10} />
        )}
      </Page>
    );
  }
  return (
    <Loaded
      key={id}
      initiative={query.data}
      staleSince={query.isError ? query.dataUpdatedAt : undefined}
      onRetry={() => void query.refetch()}
    />
  );
}

function Loaded(props: {
  initiative: InitiativeDetail;
  staleSince: number | undefined;
  onRetry: () => void;
}) {
  const { initiative, staleSince, onRetry } = props;
  const [refused, setRefused] = useState<ApiProblem | null>(null);
  const { decision, recorded, preview } = useStanding(initiative);
  const { key, title, state, mode, verdict, summary, status } = initiative;
  const started = ["in_flight", "verdict", "captured"].includes(state);
  useFragment(decision !== undefined);
  return (
    <Page title={key} crumbs={crumbs} actions={<EditLink initiative={initiative} />}>
      <PageHeader
        title={title === "" ? "Untitled change" : title}
        badges={
          <>
            <ModeBadge mode={mode} />
            <StateBadge state={state} />
            {started && verdict !== null && <VerdictBadge verdict={verdict} />}
            <span className="text-small text-fg3 tabular-nums">{key}</span>
          </>
        }
        actions={<InitiativeActs initiative={initiative} onRefused={setRefused} />}
      >
        <p className={classes("font-medium", toneText[statusTone(initiative)])}>
          {sentence(status)}
        </p>
        {summary !== "" && <p className="mt-1 whitespace-pre-line">{summary}</p>}
      </PageHeader>
      {staleSince !== undefined && <StaleNote since={staleSince} onRetry={onRetry} />}
      {refused !== null && (
        <div className="mb-5">
          <Refusal problem={refused} id={initiative.id} onClose={() => setRefused(null)} />
        </div>
      )}
      <Columns
        aside={
          <>
            <PlanCard initiative={initiative} />
            <SprintIfCard initiative={initiative} standing={preview} />
            <WayBackCard initiative={initiative} />
          </>
        }
      >
        {started && <Run initiative={initiative} />}
        {decision !== undefined && (
          <AnswerCard initiative={initiative} decision={decision} recorded={recorded} />
        )}
        {decision !== undefined && <RulesCard decision={decision} />}
        {decision !== undefined && <FactsCard decision={decision} />}
        <ArtifactsCard initiative={initiative} />
        {decision !== undefined && <ControlsCard decision={decision} />}
        {!started && <Run initiative={initiative} />}
        <HistoryCard initiative={initiative} />
      </Columns>
    </Page>
  );
}

/** What was learned, its runs and their experiments: first once it has started. */
function Run(props: { initiative: InitiativeDetail }) {
  const { initiative } = props;
  return (
    <>
      {initiative.learning !== null && (
        <Card title="What was learned">
          <p className="max-w-[75ch] whitespace-pre-line">{initiative.learning}</p>
        </Card>
      )}
      <IterationsCard initiative={initiative} />
      <ExperimentsCard initiative={initiative} />
    </>
  );
}

/** Goes to the part that the address names, once it is there. */
function useFragment(ready: boolean): void {
  useEffect(() => {
    const name = globalThis.location.hash.slice(1);
    if (ready && name !== "") document.querySelector(`#${CSS.escape(name)}`)?.scrollIntoView();
  }, [ready]);
}

function EditLink(props: { initiative: InitiativeDetail }) {
  const { id, state } = props.initiative;
  const mayEdit = useMay("initiative.edit");
  if (!mayEdit || !isEditable(state)) return null;
  return (
    <LinkButton to={editProposalPage.href({ id })}>
      <Pencil aria-hidden />
      Edit
    </LinkButton>
  );
}

/** What it must show; after the start the decision keeps what they were. */
function ArtifactsCard(props: { initiative: InitiativeDetail }) {
  const { initiative } = props;
  const { checks, contents, state } = initiative;
  const [{ edit }, update] = usePageSearch(initiativePage);
  const mayEdit = useMay("initiative.edit") && isEditable(state);
  const present = checks.filter((check) => check.state === "present").length;
  const flagKey = contents.featureFlag?.flagKey ?? "";
  if (checks.length === 0) return null;
  return (
    <div id="artifacts" className="scroll-mt-16">
      <Card
        title="Artifacts"
        note="found by a check, never by a tick"
        flush
        actions={
          <Badge tone={present === checks.length ? "positive" : "caution"}>
            {present} of {checks.length} present
          </Badge>
        }
      >
        <ArtifactRows
          checks={checks}
          onEdit={mayEdit ? (artifact) => update({ edit: artifact }, "push") : undefined}
          actFor={({ artifact, state: found }) =>
            artifact === "rollbackPlan" && found !== "present" && flagKey !== "" ? (
              <TextLink to={rollbackAddress(flagKey)} className="text-small">
                Define it on the flag
              </TextLink>
            ) : undefined
          }
        />
      </Card>
      {mayEdit && isWritten(edit) && (
        <Suspense>
          <ArtifactDialog
            key={edit}
            initiative={initiative}
            artifact={edit}
            onClose={() => update({ edit: undefined })}
          />
        </Suspense>
      )}
    </div>
  );
}
