import {
  Button,
  Dialog,
  ErrorState,
  Select,
  TextField,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { CreateKey, KeyView } from "../api.ts";
import { environmentsQuery } from "./EnvironmentsPage.tsx";

const purposes = [
  { value: "intake", label: "Write events", hint: "Safe in a web page: it can only write." },
  {
    value: "evaluate",
    label: "Evaluate flags on a server",
    hint: "It reads the rules, too: keep it out of pages and apps.",
  },
  {
    value: "browser",
    label: "Evaluate flags in a page or app",
    hint: "Safe in a web page: it gets values, never rules.",
  },
  {
    value: "both",
    label: "Write events and evaluate flags on a server",
    hint: "For one program that does both.",
  },
  {
    value: "page",
    label: "Write events and evaluate flags in a page or app",
    hint: "Safe in a web page: it writes events and gets values.",
  },
  {
    value: "metrics",
    label: "Read metrics",
    hint: "For Prometheus: it reads /metrics and nothing else.",
  },
  { value: "admin", label: "Everything an owner may", hint: "Keep it on your machine or in CI." },
] as const;
type Purpose = (typeof purposes)[number]["value"];

const scopesOf = {
  intake: ["intake"],
  evaluate: ["evaluate"],
  browser: ["browser"],
  both: ["intake", "evaluate"],
  page: ["intake", "browser"],
  metrics: ["metrics"],
  admin: ["admin"],
} as const satisfies Record<Purpose, CreateKey["scopes"][number][]>;

/** Whether a key for this belongs to one environment. */
function isBound(purpose: Purpose): boolean {
  return purpose !== "admin" && purpose !== "metrics";
}

export function CreateKeyDialog(props: {
  onClose: () => void;
  onCreated: (name: string, secret: string) => void;
}) {
  const { onClose, onCreated } = props;
  const [name, setName] = useState("");
  const [purpose, setPurpose] = useState<Purpose>("evaluate");
  const [environment, setEnvironment] = useState("production");
  const environments = useQuery(environmentsQuery);
  const create = useCommand({
    run: (input: CreateKey) => apiClient.post<{ key: KeyView; secret: string }>("/keys", input),
    refresh: [["keys"]],
    inline: true,
    onDone: ({ key, secret }) => onCreated(key.name, secret),
  });
  const problem = create.isError ? asProblem(create.error) : undefined;
  const options = (environments.data?.items ?? []).map(({ key, name: label }) => ({
    value: key,
    label,
  }));
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Create a key"
      description="It is shown once, right after."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          const scopes = [...scopesOf[purpose]];
          create.mutate(isBound(purpose) ? { name, scopes, environment } : { name, scopes });
        }}
      >
        {problem !== undefined && problem.faults.length === 0 && (
          <ErrorState inline error={problem} />
        )}
        <TextField
          label="Name"
          hint="What uses it, such as web-shop or ci"
          required
          value={name}
          onChange={setName}
          error={problem?.faultAt("/name")}
        />
        <Select
          label="It may"
          options={purposes}
          value={purpose}
          onChange={setPurpose}
          hint={purposes.find(({ value }) => value === purpose)?.hint}
        />
        {isBound(purpose) && (
          <Select
            label="Environment"
            options={options}
            value={environment}
            onChange={setEnvironment}
            error={problem?.faultAt("/environment")}
          />
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={create.isPending}>
            Create key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
