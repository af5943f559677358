import {
  Button,
  Dialog,
  ErrorState,
  TextArea,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { useState } from "react";

import type { BadGroupKey, RunView } from "../../bad-event-api.ts";

const MIN_LENGTH = 3;

/** Takes a group off the list for a reason that is kept. */
export function DismissDialog(props: {
  environment: string;
  group: BadGroupKey;
  onClose: () => void;
}) {
  const { environment, group, onClose } = props;
  const [reason, setReason] = useState("");
  const dismiss = useCommand({
    run: () => apiClient.post<RunView>("/events/bad/dismiss", { environment, group, reason }),
    refresh: [["bad-events"]],
    done: "Dismissing",
    inline: true,
    onDone: onClose,
  });
  const problem = dismiss.isError ? asProblem(dismiss.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Dismiss these events"
      description="They leave the list and never count. They stay in the store until its retention ends, and the reason stays in the audit log."
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="danger"
            busy={dismiss.isPending}
            disabled={reason.trim().length < MIN_LENGTH}
            onClick={() => dismiss.mutate(undefined)}
          >
            Dismiss
          </Button>
        </>
      }
    >
      <TextArea
        label="Why"
        hint="For example: events of a test page"
        value={reason}
        onChange={setReason}
        error={problem?.faultAt("/reason")}
      />
      {problem !== undefined && <ErrorState inline error={problem} />}
    </Dialog>
  );
}
