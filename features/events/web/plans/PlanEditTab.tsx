import {
  Button,
  Card,
  Columns,
  ErrorState,
  Notice,
  Select,
  TextArea,
  TextField,
  apiClient,
  asProblem,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { PlanCheckView, PlanDetail } from "../../plan-api.ts";
import { ChangeList } from "./PlanVersionsTab.tsx";
import { planCheckQuery } from "./queries.ts";

const FIRST_SCHEMA = {
  type: "object",
  required: ["id"],
  properties: { id: { type: "string", description: "what it names" } },
  additionalProperties: false,
};
const ROWS = 24;
const DEFAULT_DAYS = "30";

const modes = [
  { value: "observe", label: "Observe: count what breaks it" },
  { value: "enforce", label: "Enforce: keep it as bad event" },
] as const;
type Mode = (typeof modes)[number]["value"];

/** The parsed text, or where it stops being JSON. */
function readText(text: string): { readonly schema?: unknown; readonly fault?: string } {
  try {
    const schema: unknown = JSON.parse(text);
    return { schema };
  } catch (cause) {
    return { fault: cause instanceof Error ? cause.message : "is no JSON" };
  }
}

/** The schema of a plan, checked while it is written. */
export function PlanEditTab(props: { plan: PlanDetail }) {
  const { plan } = props;
  const mayWrite = useMay("plan.write");
  const held =
    plan.versions.find(({ state }) => state === "draft") ??
    plan.versions.find(({ state }) => state === "published");
  const [text, setText] = useState(() => JSON.stringify(held?.schema ?? FIRST_SCHEMA, null, 2));
  const [mode, setMode] = useState<Mode>(held?.mode ?? "observe");
  const [days, setDays] = useState(String(held?.freshnessDays ?? DEFAULT_DAYS));
  // What was read when writing began: another author's draft must not be overwritten unseen.
  const [etag, setEtag] = useState(plan.etag);
  const read = readText(text);
  const check = useQuery({
    ...planCheckQuery(plan.name, read.schema, text),
    enabled: read.fault === undefined,
  });
  const save = useCommand({
    run: () =>
      apiClient.put<PlanDetail>(
        `/telemetry-plans/${encodeURIComponent(plan.name)}/draft`,
        {
          schema: read.schema,
          mode,
          freshnessDays: Number(days),
          environments: held?.environments ?? null,
          sources: held?.sources ?? null,
        },
        { ifMatch: etag },
      ),
    refresh: [["plans"]],
    done: "Draft saved; nothing is held to it yet",
    inline: true,
    onDone: (saved) => setEtag(saved.etag),
  });
  const problem = save.isError ? asProblem(save.error) : undefined;
  const faulty = read.fault !== undefined || (check.data?.faults.length ?? 0) > 0;
  return (
    <form
      onSubmit={(submitted) => {
        submitted.preventDefault();
        save.mutate(undefined);
      }}
    >
      <Columns
        aside={
          <div className="flex flex-col gap-5">
            <Findings
              fault={read.fault}
              check={read.fault === undefined ? check.data : undefined}
            />
            <Card title="How it is kept">
              <div className="flex flex-col gap-4">
                <Select label="Mode" options={modes} value={mode} onChange={setMode} />
                <TextField
                  label="Counts as arriving for"
                  hint="days after the last event that fits"
                  value={days}
                  onChange={setDays}
                  inputMode="numeric"
                  error={problem?.faultAt("/freshnessDays")}
                />
                {problem !== undefined && <ErrorState inline error={problem} />}
                <Button type="submit" busy={save.isPending} disabled={!mayWrite || faulty}>
                  Save as draft
                </Button>
                {!mayWrite && (
                  <p className="text-small text-fg2">
                    Your role reads plans. Ask an engineer, marketer or analyst to change this one.
                  </p>
                )}
              </div>
            </Card>
          </div>
        }
      >
        <Card title="Schema" note="JSON Schema 2020-12 of the event's properties">
          <TextArea
            label="Schema"
            hideLabel
            mono
            rows={ROWS}
            spellCheck={false}
            value={text}
            onChange={setText}
            readOnly={!mayWrite}
            error={read.fault === undefined ? undefined : `No JSON yet: ${read.fault}`}
          />
        </Card>
      </Columns>
    </form>
  );
}

function Findings(props: { fault: string | undefined; check: PlanCheckView | undefined }) {
  const { fault, check } = props;
  if (fault !== undefined) {
    return <Notice tone="caution">The text is no JSON yet, so nothing can be checked.</Notice>;
  }
  if (check === undefined) return <Card title="Check">Checking…</Card>;
  if (check.faults.length > 0)
    return (
      <Card title="Must change" tone="negative">
        <ul className="flex flex-col gap-2">
          {check.faults.map((one) => (
            <li key={`${one.pointer} ${one.reason}`}>
              <span className="font-mono text-small">{one.pointer || "/"}</span> {one.reason}
            </li>
          ))}
        </ul>
      </Card>
    );
  if (check.comparedWith === null)
    return (
      <Card title="Can be used">
        <p className="text-fg2">This will be version {check.nextVersion ?? "1-0-0"}.</p>
      </Card>
    );
  return (
    <Card title={`Against ${check.comparedWith}`} note={`needs ${check.nextVersion ?? ""}`}>
      <ChangeList changes={check.changes} />
    </Card>
  );
}
