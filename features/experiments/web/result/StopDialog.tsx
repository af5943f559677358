import { Button, Dialog, ErrorState, TextArea, apiClient, useCommand } from "@paceline/web-kit";
import { useState } from "react";

import type { ExperimentDetail } from "../../api.ts";

const leastReason = 3;

/** Asks for the reason before a run ends without a verdict. */
export function StopDialog(props: { id: string; name: string; onClose: () => void }) {
  const { id, name, onClose } = props;
  const [reason, setReason] = useState("");
  const stop = useCommand({
    run: () => apiClient.post<ExperimentDetail>(`/experiments/${id}/stop`, { reason }),
    refresh: [["experiments"]],
    done: "Run stopped",
    inline: true,
    onDone: onClose,
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Stop ${name}?`}
      description="The run ends without a verdict and cannot be resumed. The flag stays as it is; roll back instead to undo the change."
      foot={
        <>
          <Button onClick={onClose}>Keep it running</Button>
          <Button
            kind="danger"
            disabled={reason.trim().length < leastReason}
            busy={stop.isPending}
            onClick={() => stop.mutate(undefined)}
          >
            Stop the run
          </Button>
        </>
      }
    >
      {stop.isError && <ErrorState inline error={stop.error} />}
      <TextArea
        label="Reason"
        required
        hint="Goes into the audit log"
        value={reason}
        onChange={setReason}
      />
    </Dialog>
  );
}
