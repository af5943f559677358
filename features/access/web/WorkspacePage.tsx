import {
  AbsoluteTime,
  Button,
  Card,
  ErrorState,
  Hash,
  KeyValues,
  Loaded,
  SkeletonRows,
  TextField,
  apiClient,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { WorkspaceView } from "../api.ts";
import { SettingsFrame } from "./SettingsFrame.tsx";

const workspaceQuery = queryOptions({
  queryKey: ["workspace"],
  queryFn: ({ signal }) => apiClient.get<WorkspaceView>("/workspace", { signal }),
});

export function WorkspacePage() {
  const query = useQuery(workspaceQuery);
  return (
    <SettingsFrame title="Workspace" lead="One team's data, members and audit log.">
      <div className="max-w-xl">
        <Loaded query={query} skeleton={<SkeletonRows rows={3} />}>
          {(workspace) => <WorkspaceCard key={workspace.version} workspace={workspace} />}
        </Loaded>
      </div>
    </SettingsFrame>
  );
}

function WorkspaceCard(props: { workspace: WorkspaceView }) {
  const { workspace } = props;
  const [name, setName] = useState(workspace.name);
  const mayEdit = useMay("workspace.edit");
  const rename = useCommand({
    run: () =>
      apiClient.patch<WorkspaceView>("/workspace", { name }, { ifMatch: workspace.version }),
    refresh: [workspaceQuery.queryKey, ["session"]],
    done: "Workspace renamed",
    inline: true,
  });
  return (
    <Card
      title="Name and identity"
      foot="Renaming changes what people see, never a key or an address."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate(undefined);
        }}
      >
        {rename.isError && <ErrorState inline error={rename.error} />}
        <TextField label="Name" required disabled={!mayEdit} value={name} onChange={setName} />
        <KeyValues
          items={[
            { key: "Created", value: <AbsoluteTime at={workspace.createdAt} /> },
            { key: "Id", value: <Hash value={workspace.id} label="Copy id" /> },
          ]}
        />
        {mayEdit && (
          <div>
            <Button
              type="submit"
              kind="primary"
              busy={rename.isPending}
              disabled={name.trim() === "" || name === workspace.name}
            >
              Rename workspace
            </Button>
          </div>
        )}
      </form>
    </Card>
  );
}
