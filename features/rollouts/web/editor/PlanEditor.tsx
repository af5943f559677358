import {
  Button,
  Card,
  Columns,
  ErrorState,
  LinkButton,
  SegmentedControl,
  SkeletonRows,
  TextField,
  apiClient,
  asProblem,
  formatCount,
  useCommand,
  useGoTo,
} from "@paceline/web-kit";
import type { ApiProblem } from "@paceline/web-kit";
import { Bookmark } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import { durationMs } from "../../domain/duration.ts";
import type { RolloutDocument, TemplateDocument } from "../../plan-api.ts";
import { WayBackCard } from "../LateWayBack.tsx";
import { rolloutPage, rolloutsPage } from "../pages.ts";
import { rolloutPath } from "../plan-queries.ts";
import { holdWords, shareWords } from "../plan-words.ts";
import { Staircase } from "../run/Staircase.tsx";
import { bodyOf, nameOf } from "./form.ts";
import type { PlanForm } from "./form.ts";
import { InitiativeField } from "./InitiativeField.tsx";
import { exactWords } from "./length.ts";
import { SimpleGuards } from "./SimpleGuards.tsx";
import { TargetFields } from "./TargetFields.tsx";
import { TemplateChoice } from "./TemplateChoice.tsx";

const SampleAdvice = lazy(async () => ({
  default: (await import("./SampleAdvice.tsx")).SampleAdvice,
}));
const TemplateDialog = lazy(async () => ({
  default: (await import("./TemplateDialog.tsx")).TemplateDialog,
}));
const AdvancedFields = lazy(async () => ({
  default: (await import("./AdvancedFields.tsx")).AdvancedFields,
}));

export type EditorKind = "simple" | "advanced";
const kinds = [
  { value: "simple", label: "Simple" },
  { value: "advanced", label: "Advanced" },
] as const;

/** Writes a plan: the simple form takes a template, the advanced one every stage, guard and window. */
export function PlanEditor(props: {
  first: PlanForm;
  templates: readonly TemplateDocument[];
  rollout: RolloutDocument | undefined;
  kind: EditorKind;
  onKind: (kind: EditorKind) => void;
}) {
  const { first, templates, rollout, kind, onKind } = props;
  const [form, setForm] = useState(first);
  const [keeping, setKeeping] = useState(false);
  const goTo = useGoTo();
  const save = useCommand({
    run: () =>
      rollout === undefined
        ? apiClient.post<RolloutDocument>("/rollouts", bodyOf(form))
        : apiClient.put<RolloutDocument>(rolloutPath(rollout.id), bodyOf(form), {
            ifMatch: rollout.version,
          }),
    refresh: [["rollouts"]],
    done: "Plan saved; nothing is served by it yet",
    inline: true,
    onDone: ({ id }) => goTo(rolloutPage.href({ rolloutId: id })),
  });
  const problem = save.isError ? asProblem(save.error) : undefined;
  const fields = { form, onChange: setForm, problem };
  return (
    <>
      <div className="mb-5">
        <SegmentedControl label="Form" segments={kinds} value={kind} onChange={onKind} />
      </div>
      <Columns
        aside={
          <>
            <SaveCard
              form={form}
              problem={problem}
              busy={save.isPending}
              back={
                rollout === undefined
                  ? rolloutsPage.href()
                  : rolloutPage.href({ rolloutId: rollout.id })
              }
              onSave={() => save.mutate(undefined)}
              onKeep={() => setKeeping(true)}
            />
          </>
        }
      >
        <Card title="What moves">
          <div className="flex flex-col gap-4">
            <TextField
              label="Name"
              optional
              placeholder={nameOf(form)}
              value={form.name}
              onChange={(name) => setForm({ ...form, name })}
              error={problem?.faultAt("/name")}
            />
            <TargetFields {...fields} />
            <InitiativeField {...fields} />
          </div>
        </Card>
        {kind === "simple" ? (
          <>
            <TemplateChoice {...fields} templates={templates} />
            <SimpleGuards {...fields} />
          </>
        ) : (
          <Suspense fallback={<SkeletonRows rows={8} />}>
            <AdvancedFields {...fields} templates={templates} />
          </Suspense>
        )}
        {form.guards.some(({ source }) => source.kind === "event-metric") && (
          <Suspense fallback={<SkeletonRows rows={4} />}>
            <SampleAdvice {...fields} />
          </Suspense>
        )}
        {form.flagKey !== null && (
          <WayBackCard
            key={`${form.environment} ${form.flagKey}`}
            environment={form.environment}
            flagKey={form.flagKey}
            initiativeId={form.initiativeId}
          />
        )}
      </Columns>
      {keeping && (
        <Suspense>
          <TemplateDialog
            form={form}
            templates={templates}
            onClose={() => setKeeping(false)}
            onKept={({ key }) => setForm({ ...form, template: key })}
          />
        </Suspense>
      )}
    </>
  );
}

/** How soon everything can be over, and what else it needs; without a guard only these move it. */
function paceOf({ stages, guards }: PlanForm): string {
  const holds = stages.map(({ hold }) => hold);
  const leastMs = holds.reduce((sum, { time }) => sum + (durationMs(time ?? "") ?? 0), 0);
  const yes = holds.filter(({ approval }) => approval !== null).length;
  const over = `Over ${leastMs === 0 ? "at once" : `after ${exactWords(leastMs)}`} at the earliest${
    yes === 0 ? "" : `, with ${formatCount(yes, "approval")}`
  }.`;
  return guards.length === 0 ? `${over} No guard watches it yet: nothing stops harm.` : over;
}

function SaveCard(props: {
  form: PlanForm;
  problem: ApiProblem | undefined;
  busy: boolean;
  back: string;
  onSave: () => void;
  onKeep: () => void;
}) {
  const { form, problem, busy, back, onSave, onKeep } = props;
  const { stages } = form;
  return (
    <Card title="The plan" note={`${stages.length} ${stages.length === 1 ? "stage" : "stages"}`}>
      <div className="flex flex-col gap-3">
        {stages.length > 0 && (
          <>
            <Staircase
              steps={stages.map(({ exposureShare }) => ({
                share: Number.isFinite(exposureShare) ? exposureShare : 0,
                standing: "planned",
              }))}
            />
            <ol className="flex flex-col gap-1 text-small">
              {stages.map(({ id, exposureShare, hold }) => (
                <li key={id} className="flex gap-2">
                  <span className="w-10 shrink-0 font-medium tabular-nums">
                    {shareWords(exposureShare)}
                  </span>
                  <span className="min-w-0 text-fg2">{holdWords(hold)}</span>
                </li>
              ))}
            </ol>
          </>
        )}
        {stages.length > 0 && <p className="text-small text-fg2">{paceOf(form)}</p>}
        {problem !== undefined && <ErrorState inline error={problem} />}
        <Button
          kind="primary"
          wide
          busy={busy}
          disabled={form.flagKey === null || form.ruleId === null}
          onClick={onSave}
        >
          Save plan
        </Button>
        <p className="text-small text-fg2">
          {form.flagKey === null || form.ruleId === null
            ? "Choose a flag and a rule of it first."
            : "Next you arm it, which checks flag, rule and way back; then you start it."}
        </p>
        <LinkButton wide to={back}>
          Cancel
        </LinkButton>
        {form.template === null && stages.length > 0 && (
          <Button kind="quiet" wide icon={<Bookmark aria-hidden />} onClick={onKeep}>
            Keep the stages as a template
          </Button>
        )}
      </div>
    </Card>
  );
}
