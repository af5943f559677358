import {
  Button,
  Checkbox,
  ErrorState,
  Select,
  TextArea,
  TextField,
  apiClient,
  asProblem,
  useCommand,
  useSession,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { DefineRollback, RollbackDefinitionDocument } from "../api.ts";
import { STEP_SECONDS } from "../domain/rollback.ts";
import { membersQuery, rollbackPath } from "./queries.ts";
import { triggerNames } from "./words.ts";
import type { TriggerName } from "./words.ts";

const modes = [
  { value: "automatic", label: "By itself, within seconds" },
  { value: "ask", label: "Ask the owner first" },
] as const;
const targets = [
  { value: "off", label: "The off variant, for everyone" },
  { value: "revision", label: "An earlier revision" },
] as const;

const paces = [
  { value: "instant", label: "At once" },
  { value: "last-in-first-out", label: "Step by step, last in first out" },
] as const;

type Props = {
  environment: string;
  flagKey: string;
  /** What is in force now; null when nothing is defined yet. */
  definition: RollbackDefinitionDocument | null;
  experimentId?: string | null | undefined;
  initiativeId?: string | null | undefined;
  onDone: () => void;
  onCancel?: (() => void) | undefined;
};

function firstInput(props: Props, me: string): DefineRollback {
  const { definition, experimentId, initiativeId } = props;
  return {
    initiativeId: initiativeId ?? definition?.initiativeId ?? null,
    experimentId: experimentId ?? definition?.experimentId ?? null,
    target: definition?.target ?? { kind: "off" },
    triggers: definition?.triggers ?? triggerNames.map(({ value }) => value),
    mode: definition?.mode ?? "automatic",
    ownerId: definition?.ownerId ?? me,
    verification: definition?.verification ?? "",
    pace: definition?.pace ?? "instant",
    automaticPace: definition?.automaticPace ?? "instant",
    stepSeconds: definition?.stepSeconds ?? STEP_SECONDS.usual,
  };
}

/** Says where a flag goes back to, what sends it there and who answers for it. */
export function WayBackForm(props: Props) {
  const { environment, flagKey, onDone, onCancel } = props;
  const { person } = useSession();
  const members = useQuery(membersQuery);
  const [input, setInput] = useState(() => firstInput(props, person.id));
  const change = (part: Partial<DefineRollback>) => setInput({ ...input, ...part });
  const define = useCommand({
    run: () => apiClient.put<RollbackDefinitionDocument>(rollbackPath(environment, flagKey), input),
    refresh: [["rollbacks"], ["experiments"], ["initiatives"]],
    done: "Way back defined",
    inline: true,
    onDone,
  });
  const problem = define.isError ? asProblem(define.error) : undefined;
  const owners = members.data?.items ?? [{ id: person.id, name: person.name }];
  return (
    <form
      aria-label="Way back"
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        define.mutate(undefined);
      }}
    >
      {problem !== undefined && problem.faults.length === 0 && (
        <ErrorState inline error={problem} />
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label="Goes back to"
          options={targets}
          value={input.target.kind}
          onChange={(kind) => change({ target: kind === "off" ? { kind } : { kind, revision: 1 } })}
        />
        {input.target.kind === "revision" && (
          <TextField
            label="Revision"
            type="number"
            min={1}
            required
            value={String(input.target.revision)}
            onChange={(text) => change({ target: { kind: "revision", revision: Number(text) } })}
            error={problem?.faultAt("/target/revision")}
          />
        )}
        <Select
          label="How"
          options={modes}
          value={input.mode}
          onChange={(mode) => change({ mode })}
        />
        <Select
          label="Owner"
          options={owners.map(({ id, name }) => ({ value: id, label: name }))}
          value={input.ownerId}
          onChange={(ownerId) => change({ ownerId })}
          error={problem?.faultAt("/ownerId")}
        />
        <PaceFields input={input} change={change} error={problem?.faultAt("/stepSeconds")} />
      </div>
      <Triggers triggers={input.triggers} onChange={(triggers) => change({ triggers })} />
      <TextArea
        label="How to see that it worked"
        hint="One sentence that anybody can check, such as “The checkout shows two pages again”"
        required
        minLength={3}
        value={input.verification}
        onChange={(verification) => change({ verification })}
        error={problem?.faultAt("/verification")}
      />
      <div className="flex justify-end gap-2">
        {onCancel !== undefined && <Button onClick={onCancel}>Cancel</Button>}
        <Button type="submit" busy={define.isPending}>
          Define way back
        </Button>
      </div>
    </form>
  );
}

/** How a running rollout goes back: at once, or down through its earlier stages. */
function PaceFields(props: {
  input: DefineRollback;
  change: (part: Partial<DefineRollback>) => void;
  error: string | undefined;
}) {
  const { input, change, error } = props;
  const { pace = "instant", automaticPace = "instant", stepSeconds } = input;
  const hasSteps = pace !== "instant" || automaticPace !== "instant";
  return (
    <>
      <Select
        label="Pace, by a person"
        options={paces}
        value={pace}
        onChange={(next) => change({ pace: next })}
      />
      <Select
        label="Pace, by a guard"
        options={paces}
        value={automaticPace}
        onChange={(next) => change({ automaticPace: next })}
      />
      {hasSteps && (
        <TextField
          label="Seconds between steps"
          type="number"
          min={STEP_SECONDS.least}
          max={STEP_SECONDS.most}
          required
          value={String(stepSeconds ?? STEP_SECONDS.usual)}
          onChange={(text) => change({ stepSeconds: Number(text) })}
          error={error}
        />
      )}
    </>
  );
}

function Triggers(props: {
  triggers: readonly TriggerName[];
  onChange: (triggers: TriggerName[]) => void;
}) {
  const { triggers, onChange } = props;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 font-medium">What sends it back</legend>
      {triggerNames.map(({ value, label }) => (
        <Checkbox
          key={value}
          label={label}
          checked={triggers.includes(value)}
          onChange={(checked) =>
            onChange(
              triggerNames
                .map((trigger) => trigger.value)
                .filter((name) => (name === value ? checked : triggers.includes(name))),
            )
          }
        />
      ))}
    </fieldset>
  );
}
