import {
  AbsoluteTime,
  Card,
  Hash,
  SegmentedControl,
  TextLink,
  apiClient,
  useCommand,
} from "@paceline/web-kit";
import { ChevronRight } from "lucide-react";
import { useState } from "react";

import type { DecisionDocument, InitiativeDetail, PreviewAnswer } from "../api.ts";
import { DecisionAnswer } from "./DecisionAnswer.tsx";
import { FactTable, PolicyLine } from "./DecisionFacts.tsx";
import { withChanges } from "./form.ts";
import { initiativePage, policyPage } from "./pages.ts";
import { usePeople } from "./people.ts";
import { INITIATIVES_KEY } from "./queries.ts";
import { RuleList, speaks } from "./RuleList.tsx";
import { SprintIfBox } from "./SprintIf.tsx";
import { missingCount } from "./standing.ts";

/** Mode and why, with who asked, when, and where it is kept. */
export function AnswerCard(props: {
  initiative: InitiativeDetail;
  decision: DecisionDocument;
  recorded: boolean;
}) {
  const { initiative, decision, recorded } = props;
  const { nameOf } = usePeople();
  const record = initiative.decision;
  return (
    <DecisionAnswer
      large
      decision={decision}
      lead={recorded ? undefined : "as it stands, not decided yet"}
    >
      {recorded && record !== null && (
        <p className="mt-3 flex flex-wrap items-center gap-x-1.5 border-t border-line pt-2.5 text-small text-fg2">
          {record.cause === "third-iteration"
            ? "Decided anew when a third iteration was asked for,"
            : `Asked by ${nameOf(record.decidedBy) ?? "the system"},`}
          <AbsoluteTime at={record.decidedAt} />
          <span className="flex items-center gap-1">
            audit entry <Hash value={record.auditEntry} label="Copy audit entry id" />
          </span>
        </p>
      )}
    </DecisionAnswer>
  );
}

/** Every rule in the order it was tried, and the policy that holds them. */
export function RulesCard(props: { decision: DecisionDocument }) {
  const { decision } = props;
  const spoken = decision.rules.filter(speaks);
  const [shown, setShown] = useState<"hits" | "all">("hits");
  const rules = shown === "all" ? decision.rules : spoken;
  return (
    <Card
      title="What decided it"
      note="in the order the rules were tried"
      actions={
        <SegmentedControl
          label="Rules"
          segments={[
            { value: "hits", label: `Hits ${spoken.length}` },
            { value: "all", label: `All ${decision.rules.length}` },
          ]}
          value={shown}
          onChange={setShown}
        />
      }
      foot={
        <span className="flex flex-wrap items-center justify-between gap-2">
          <PolicyLine decision={decision} />
          <TextLink to={policyPage.href()}>See the policy</TextLink>
        </span>
      }
    >
      {rules.length === 0 ? (
        <p className="text-fg2">Every rule says no, so nothing speaks against a sprint.</p>
      ) : (
        <div className="-mx-2">
          <RuleList rules={rules} decidedBy={decision.decidedBy} />
        </div>
      )}
    </Card>
  );
}

/** The facts behind the rules, folded until somebody doubts. */
export function FactsCard(props: { decision: DecisionDocument }) {
  const { facts } = props.decision;
  const unknown = facts.filter(({ status }) => status !== "known").length;
  return (
    <Card flush>
      <details className="group">
        <summary className="card-px flex min-h-11 list-none items-center gap-2 py-2 -outline-offset-2 [&::-webkit-details-marker]:hidden">
          <ChevronRight
            aria-hidden
            className="size-4 text-fg3 transition-transform duration-100 group-open:rotate-90"
          />
          <h2 className="font-semibold tracking-[-0.011em]">Facts it rests on</h2>
          <span className="text-small text-fg3">
            {facts.length - unknown} known, {unknown} not known
          </span>
        </summary>
        <div className="border-t border-line">
          <FactTable facts={facts} />
        </div>
      </details>
    </Card>
  );
}

/** The smallest change that would make it a sprint; the form's part of it is one click away. */
export function SprintIfCard(props: {
  initiative: InitiativeDetail;
  standing: PreviewAnswer | undefined;
}) {
  const { initiative, standing } = props;
  const { id, version, proposal, decision } = initiative;
  const change = useCommand({
    run: (next: InitiativeDetail["proposal"]) =>
      apiClient.patch<InitiativeDetail>(
        `/initiatives/${id}`,
        { proposal: next },
        { ifMatch: version },
      ),
    refresh: [INITIATIVES_KEY],
    done: "Proposal changed",
  });
  if (standing === undefined || standing.decision.outcome === "sprint") return null;
  return (
    <Card title="What would make it a sprint">
      <SprintIfBox
        sprintIf={standing.sprintIfReady}
        missing={missingCount(standing)}
        busy={change.isPending}
        artifactsTo={initiativePage.href({ id })}
        onApply={(changes) => change.mutate(withChanges(proposal, changes))}
        consequence={
          decision === null
            ? "It changes the proposal; you can change it back."
            : "It changes the proposal and voids the decision; you can change it back."
        }
      />
    </Card>
  );
}

/** What must be in place before and while it runs. */
export function ControlsCard(props: { decision: DecisionDocument }) {
  const { requiredControls } = props.decision;
  if (requiredControls.length === 0) return null;
  return (
    <Card title="Required controls" note="before and while it runs">
      <ul className="grid gap-x-6 gap-y-3 sm:grid-cols-2">
        {requiredControls.map(({ key, title, words }) => (
          <li key={key}>
            <p className="font-medium">{title}</p>
            <p className="text-fg2">{words}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
