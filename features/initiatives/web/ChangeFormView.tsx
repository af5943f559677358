import { Card, ErrorState, Select, TextArea, TextField } from "@paceline/web-kit";
import type { ApiProblem } from "@paceline/web-kit";
import type { ReactNode } from "react";

import type { DecisionDocument } from "../api.ts";
import { MARATHON_ARTIFACTS } from "../domain/artifacts.ts";
import { ArtifactEditor } from "./ArtifactEditor.tsx";
import { OutcomeBadge } from "./DecisionAnswer.tsx";
import type { ChangeForm } from "./form.ts";
import { usePeople } from "./people.ts";
import { ScopeFields, SizeFields } from "./ProposalFields.tsx";

const sprintWritten = ["hypothesis", "telemetryPlan", "featureFlag", "dependencyMap"] as const;

/** The form of a change, the same for a new one and for an edit. */
export function ChangeFormView(props: {
  form: ChangeForm;
  onChange: (form: ChangeForm) => void;
  decision: DecisionDocument | undefined;
  problem: ApiProblem | undefined;
  /** Only at the start: later the owner has an act of their own. */
  withOwner: boolean;
  onSubmit: () => void;
  buttons: ReactNode;
}) {
  const { form, onChange, decision, problem, withOwner, onSubmit, buttons } = props;
  const set = (change: Partial<ChangeForm>) => onChange({ ...form, ...change });
  const marathon = decision?.outcome === "marathon";
  const artifacts = marathon ? [...sprintWritten, ...MARATHON_ARTIFACTS] : sprintWritten;
  const changeProposal = (change: Partial<ChangeForm["proposal"]>) =>
    set({ proposal: { ...form.proposal, ...change } });
  return (
    <form
      className="flex min-w-0 flex-col gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <Card title="The change">
        <div className="flex flex-col gap-4">
          <TextField
            label="Title"
            required
            maxLength={200}
            placeholder="One-page checkout"
            hint="What will be different, in a few words"
            value={form.title}
            onChange={(title) => set({ title })}
            error={problem?.faultAt("/title")}
          />
          <TextArea
            label="Summary"
            optional
            maxLength={5_000}
            value={form.summary}
            onChange={(summary) => set({ summary })}
          />
          {withOwner && (
            <OwnerField value={form.ownerId} onChange={(ownerId) => set({ ownerId })} />
          )}
        </div>
      </Card>
      <Card title="What it touches" note="decides first">
        <ScopeFields proposal={form.proposal} onChange={changeProposal} />
      </Card>
      <Card title="How large it is">
        <SizeFields proposal={form.proposal} onChange={changeProposal} />
      </Card>
      <Card
        title="Artifacts"
        note={marathon ? "those of a sprint, and four of a marathon" : "what a sprint must show"}
        foot="You can propose without them. What is missing is asked for before the start. Owner, rollback plan and audit trail are observed, not written."
      >
        <div className="flex flex-col gap-6">
          {artifacts.map((artifact) => (
            <ArtifactEditor
              key={artifact}
              artifact={artifact}
              contents={form.contents}
              onChange={(change) => set({ contents: { ...form.contents, ...change } })}
            />
          ))}
        </div>
      </Card>
      <div className="sticky bottom-0 z-10 -mx-4 flex flex-col gap-2 border-t border-line bg-canvas px-4 py-3 md:mx-0 md:px-0">
        {problem !== undefined && <ErrorState inline error={problem} />}
        <div className="flex flex-wrap items-center justify-end gap-2">
          {decision !== undefined && (
            <a
              href="#decision"
              className="mr-auto flex h-8 min-w-0 items-center gap-2 rounded-control text-small text-fg2 underline underline-offset-3 lg:hidden"
            >
              <OutcomeBadge outcome={decision.outcome} />
              Why
            </a>
          )}
          {buttons}
        </div>
      </div>
    </form>
  );
}

function OwnerField(props: { value: string | null; onChange: (value: string | null) => void }) {
  const { members } = usePeople();
  return (
    <Select
      label="Owner"
      hint="One person who answers for it"
      options={[
        { value: "", label: "Nobody yet" },
        ...members.map(({ id, name }) => ({ value: id, label: name })),
      ]}
      value={props.value ?? ""}
      onChange={(id) => props.onChange(id === "" ? null : id)}
    />
  );
}
