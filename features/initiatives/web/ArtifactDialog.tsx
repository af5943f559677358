import { Button, Dialog, ErrorState, apiClient, useCommand } from "@paceline/web-kit";
import { useState } from "react";

import type { InitiativeDetail } from "../api.ts";
import { ARTIFACT_TITLES } from "../domain/artifacts.ts";
import type { WrittenArtifact } from "../domain/artifacts.ts";
import { ArtifactEditor } from "./ArtifactEditor.tsx";
import { sentContents } from "./form.ts";
import { INITIATIVES_KEY } from "./queries.ts";

/** Writes one artifact. Whether it is present is then checked, not believed. */
export function ArtifactDialog(props: {
  initiative: InitiativeDetail;
  artifact: WrittenArtifact;
  onClose: () => void;
}) {
  const { initiative, artifact, onClose } = props;
  const [contents, setContents] = useState(initiative.contents);
  const voids = initiative.state === "decided" || initiative.state === "ready";
  const title = ARTIFACT_TITLES[artifact];
  const save = useCommand({
    run: () =>
      apiClient.put<InitiativeDetail>(
        `/initiatives/${initiative.id}/artifacts/${artifact}`,
        sentContents(contents)[artifact] ?? {},
        { ifMatch: initiative.version },
      ),
    refresh: [INITIATIVES_KEY],
    done: `${title} saved and checked`,
    inline: true,
    onDone: onClose,
  });
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={title}
      description={
        voids
          ? "It is checked as soon as it is saved. A new artifact voids the decision, which is then made anew."
          : "It is checked as soon as it is saved."
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined);
        }}
      >
        {save.isError && <ErrorState inline error={save.error} />}
        <ArtifactEditor
          artifact={artifact}
          contents={contents}
          onChange={(change) => setContents({ ...contents, ...change })}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Back</Button>
          <Button
            type="submit"
            kind="primary"
            busy={save.isPending}
            disabled={contents[artifact] === undefined}
          >
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
