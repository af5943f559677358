import {
  ErrorState,
  LinkButton,
  PanelSection,
  Person,
  SidePanel,
  Skeleton,
  StateBadge,
  TextLink,
} from "@paceline/web-kit";
import type { ApiProblem } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Maximize2 } from "lucide-react";
import { useState } from "react";

import type { DecisionDocument, InitiativeDetail } from "../api.ts";
import { ArtifactGrid } from "./ArtifactList.tsx";
import { DecisionAnswer } from "./DecisionAnswer.tsx";
import { InitiativeActs } from "./InitiativeActs.tsx";
import { initiativePage, policyPage } from "./pages.ts";
import { usePeople } from "./people.ts";
import { initiativeQuery } from "./queries.ts";
import { Refusal } from "./Refusal.tsx";
import { RuleList, speaks } from "./RuleList.tsx";
import { SprintIfBox } from "./SprintIf.tsx";
import { missingCount, useStanding } from "./standing.ts";

/** The decision explanation beside the list. */
export function InitiativePanel(props: { id: string; closeTo: string }) {
  const { id, closeTo } = props;
  const query = useQuery(initiativeQuery(id));
  const [refused, setRefused] = useState<ApiProblem | null>(null);
  const initiative = query.data;
  if (initiative === undefined) {
    return (
      <SidePanel title="Initiative" closeTo={closeTo}>
        {query.isError ? (
          <div className="px-5">
            <ErrorState error={query.error} onRetry={() => void query.refetch()} />
          </div>
        ) : (
          <div className="flex flex-col gap-3 px-5 pt-1">
            <Skeleton className="h-24 w-full" />
            <Skeleton className="h-4 w-2/3" />
            <Skeleton className="h-4 w-full" />
            <Skeleton className="h-4 w-5/6" />
          </div>
        )}
      </SidePanel>
    );
  }
  return (
    <SidePanel
      title={initiative.title === "" ? "Untitled change" : initiative.title}
      meta={<PanelMeta initiative={initiative} />}
      closeTo={closeTo}
      foot={
        <>
          <InitiativeActs wide initiative={initiative} onRefused={setRefused} />
          <LinkButton to={initiativePage.href({ id })} className="ml-auto shrink-0">
            <Maximize2 aria-hidden />
            Open
          </LinkButton>
        </>
      }
    >
      {refused !== null && (
        <div className="px-5 pb-3">
          <Refusal problem={refused} id={id} onClose={() => setRefused(null)} />
        </div>
      )}
      <PanelContent initiative={initiative} />
    </SidePanel>
  );
}

function PanelMeta(props: { initiative: InitiativeDetail }) {
  const { key, state } = props.initiative;
  return (
    <span className="mb-1 flex items-center gap-2">
      {key} <StateBadge state={state} />
    </span>
  );
}

function PanelContent(props: { initiative: InitiativeDetail }) {
  const { initiative } = props;
  const { decision, recorded, preview } = useStanding(initiative);
  const { nameOf } = usePeople();
  const owner = nameOf(initiative.ownerId);
  const present = initiative.checks.filter(({ state }) => state === "present").length;
  return (
    <>
      {decision !== undefined && (
        <PanelSection>
          <DecisionAnswer
            decision={decision}
            lead={recorded ? undefined : "as it stands, not decided"}
          />
        </PanelSection>
      )}
      {decision !== undefined && <DecidedBy decision={decision} id={initiative.id} />}
      {initiative.checks.length > 0 && (
        <PanelSection title="Artifacts" note={`${present} of ${initiative.checks.length}`}>
          <ArtifactGrid checks={initiative.checks} />
        </PanelSection>
      )}
      {preview !== undefined && preview.decision.outcome !== "sprint" && (
        <PanelSection title="What would make it a sprint">
          <SprintIfBox
            sprintIf={preview.sprintIfReady}
            missing={missingCount(preview)}
            artifactsTo={initiativePage.href({ id: initiative.id })}
          />
        </PanelSection>
      )}
      <PanelSection title="Owner">
        {owner === undefined ? (
          <span className="text-fg3">Nobody yet</span>
        ) : (
          <Person name={owner} />
        )}
      </PanelSection>
    </>
  );
}

function DecidedBy(props: { decision: DecisionDocument; id: string }) {
  const { decision, id } = props;
  const spoken = decision.rules.filter(speaks);
  const quiet = decision.rules.length - spoken.length;
  return (
    <PanelSection
      title="What decided it"
      note={
        <TextLink to={policyPage.href()} className="font-normal">
          policy v{decision.policy.version}
        </TextLink>
      }
    >
      <div className="-mx-2">
        <RuleList dense rules={spoken} decidedBy={decision.decidedBy} />
      </div>
      <p className="mt-1.5 text-small text-fg3">
        {spoken.length === 0 ? `All ${quiet} rules say no.` : `${quiet} more rules say no.`}{" "}
        <TextLink to={initiativePage.href({ id })} className="font-normal text-fg2">
          See every rule
        </TextLink>
      </p>
    </PanelSection>
  );
}
