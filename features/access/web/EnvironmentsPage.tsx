import {
  AbsoluteTime,
  Badge,
  Button,
  Card,
  Dialog,
  ErrorState,
  Loaded,
  Select,
  SkeletonRows,
  Table,
  TextField,
  apiClient,
  asProblem,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";

import type { EnvironmentView } from "../api.ts";
import { SettingsFrame } from "./SettingsFrame.tsx";

export const environmentsQuery = queryOptions({
  queryKey: ["environments"],
  queryFn: ({ signal }) => apiClient.get<{ items: EnvironmentView[] }>("/environments", { signal }),
});

const columns: readonly Column<EnvironmentView>[] = [
  { key: "name", label: "Name", cell: ({ name }) => <span className="font-medium">{name}</span> },
  {
    key: "key",
    label: "Key",
    cell: ({ key }) => <code className="font-mono text-small">{key}</code>,
  },
  {
    key: "clock",
    label: "Clock",
    cell: ({ simulatedNow }) =>
      simulatedNow === null ? (
        <span className="text-fg2">follows real time</span>
      ) : (
        <span className="flex items-center gap-2">
          <Badge tone="caution">replay</Badge>
          stands at <AbsoluteTime at={simulatedNow} />
        </span>
      ),
  },
];

export function EnvironmentsPage() {
  const query = useQuery(environmentsQuery);
  const [creating, setCreating] = useState(false);
  const mayEdit = useMay("environment.edit");
  return (
    <SettingsFrame
      title="Environments"
      lead="Flags, rollouts and events belong to one environment; nothing crosses over."
      actions={
        mayEdit && (
          <Button kind="primary" icon={<Plus aria-hidden />} onClick={() => setCreating(true)}>
            Create environment
          </Button>
        )
      }
    >
      <Card flush>
        <Loaded query={query} skeleton={<SkeletonRows rows={3} />}>
          {({ items }) => (
            <Table label="Environments" rows={items} rowKey={({ id }) => id} columns={columns} />
          )}
        </Loaded>
      </Card>
      {creating && <CreateEnvironmentDialog onClose={() => setCreating(false)} />}
    </SettingsFrame>
  );
}

const kinds = [
  { value: "live", label: "Live, follows real time" },
  { value: "replay", label: "Replay, with a clock that you move" },
] as const;

function CreateEnvironmentDialog(props: { onClose: () => void }) {
  const { onClose } = props;
  const [name, setName] = useState("");
  const [key, setKey] = useState("");
  const [kind, setKind] = useState<"live" | "replay">("live");
  const [startsOn, setStartsOn] = useState("");
  const create = useCommand({
    run: () =>
      apiClient.post<EnvironmentView>("/environments", {
        name,
        key,
        kind,
        ...(kind === "replay" && startsOn !== "" ? { startsAt: `${startsOn}T00:00:00Z` } : {}),
      }),
    refresh: [environmentsQuery.queryKey],
    done: "Environment created",
    inline: true,
    onDone: onClose,
  });
  const problem = create.isError ? asProblem(create.error) : undefined;
  return (
    <Dialog open onOpenChange={onClose} title="Create an environment">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate(undefined);
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
        <TextField
          label="Key"
          mono
          required
          hint="Small letters, digits and dashes; it cannot be changed later"
          pattern="[a-z][a-z0-9\-]{0,38}[a-z0-9]"
          value={key}
          onChange={setKey}
          error={problem?.faultAt("/key")}
        />
        <Select label="Clock" options={kinds} value={kind} onChange={setKind} />
        {kind === "replay" && (
          <TextField
            label="The clock starts on"
            type="date"
            required
            hint="At midnight UTC; historical events are replayed from there"
            value={startsOn}
            onChange={setStartsOn}
            error={problem?.faultAt("/startsAt")}
          />
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={create.isPending}>
            Create environment
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
