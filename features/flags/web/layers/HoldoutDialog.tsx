import {
  Button,
  Dialog,
  ErrorState,
  Select,
  TextArea,
  TextField,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { useState } from "react";

import type { HoldoutDetail, HoldoutSummary } from "../../holdout-api.ts";
import { ExposureField } from "../editor/ExposureField.tsx";

const scopes = [
  { value: "everything", label: "Every flag" },
  { value: "tag", label: "Flags with a tag" },
  { value: "initiative", label: "Flags of an initiative" },
] as const;
type ScopeKind = (typeof scopes)[number]["value"];

const usualShare = 0.05;
const dayLength = "2026-01-01".length;

function asInstant(day: string): string | null {
  return day === "" ? null : `${day}T00:00:00.000Z`;
}

/** Holds people out from now on, or changes the name and the window of a holdout. */
export function HoldoutDialog(props: {
  environment: string;
  holdout: HoldoutSummary | undefined;
  onClose: () => void;
}) {
  const { environment, holdout, onClose } = props;
  const [key, setKey] = useState("");
  const [name, setName] = useState(holdout?.name ?? "");
  const [description, setDescription] = useState(holdout?.description ?? "");
  const [kind, setKind] = useState<ScopeKind>("everything");
  const [of, setOf] = useState("");
  const [share, setShare] = useState(holdout?.share ?? usualShare);
  const [measuring, setMeasuring] = useState(holdout?.measuringFrom?.slice(0, dayLength) ?? "");
  const [closes, setCloses] = useState(holdout?.closesAt?.slice(0, dayLength) ?? "");
  const save = useCommand({
    run: () => {
      const measuringFrom = asInstant(measuring);
      const members = { name, description, measuringFrom, closesAt: asInstant(closes) };
      if (holdout !== undefined) {
        const path = `/holdouts/${encodeURIComponent(holdout.key)}`;
        return apiClient.patch<HoldoutDetail>(path, members, { ifMatch: holdout.version });
      }
      const scope =
        kind === "everything"
          ? { kind }
          : kind === "tag"
            ? { kind, tag: of }
            : { kind, initiativeId: of };
      return apiClient.post<HoldoutDetail>("/holdouts", {
        ...members,
        key,
        environment,
        scope,
        share,
      });
    },
    refresh: [["holdouts"], ["flags"]],
    done: holdout === undefined ? "They are held out from now on" : "Holdout saved",
    inline: true,
    onDone: onClose,
  });
  const problem = save.isError ? asProblem(save.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={holdout === undefined ? `New holdout in ${environment}` : `Edit ${holdout.name}`}
      description="A share of the people sees none of the changes in scope; as many more are measured as their control."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined);
        }}
      >
        {problem !== undefined && problem.faults.length === 0 && (
          <ErrorState inline error={problem} />
        )}
        <TextField
          label="Name"
          required
          value={name}
          onChange={setName}
          error={problem?.faultAt("/name")}
        />
        {holdout === undefined && (
          <>
            <TextField
              label="Key"
              mono
              required
              pattern="[a-z0-9][a-z0-9._\-]{0,59}"
              title="Small letters, digits, dots, hyphens and underscores, a letter or digit first"
              hint="Never changes"
              value={key}
              onChange={setKey}
              error={problem?.faultAt("/key")}
            />
            <div className="grid gap-4 sm:grid-cols-2">
              <Select label="Scope" options={scopes} value={kind} onChange={setKind} />
              {kind !== "everything" && (
                <TextField
                  label={kind === "tag" ? "Tag" : "Id of the initiative"}
                  mono
                  required
                  value={of}
                  onChange={setOf}
                  error={problem?.faultAt("/scope")}
                />
              )}
            </div>
            <div className="flex flex-col gap-1.5">
              <span className="font-medium">Held out</span>
              <ExposureField
                label="Share held out"
                share={share}
                error={problem?.faultAt("/share")}
                onChange={setShare}
              />
            </div>
          </>
        )}
        <div className="grid gap-4 sm:grid-cols-2">
          <TextField
            label="Takes in flags until"
            optional
            type="date"
            value={measuring}
            onChange={setMeasuring}
            error={problem?.faultAt("/measuringFrom")}
          />
          <TextField
            label="Ends on"
            optional
            type="date"
            value={closes}
            onChange={setCloses}
            error={problem?.faultAt("/closesAt")}
          />
        </div>
        <TextArea
          label="Description"
          optional
          value={description}
          onChange={setDescription}
          error={problem?.faultAt("/description")}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={save.isPending}>
            {holdout === undefined ? "Hold them out" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
