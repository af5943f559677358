import { Button, Dialog, ErrorState, TextArea, apiClient, useCommand } from "@paceline/web-kit";
import { RotateCw } from "lucide-react";
import { useState } from "react";

import type { RolloutDocument } from "../../plan-api.ts";
import { rolloutPath } from "../plan-queries.ts";
import type { Standstill } from "./standstill.ts";

const leastReason = 3;

/** Lets a rollout go on that stands still; the audit log keeps why. */
export function RetryDialog(props: {
  rolloutId: string;
  standstill: Standstill;
  onClose: () => void;
}) {
  const { rolloutId, standstill, onClose } = props;
  const [reason, setReason] = useState("");
  const retry = useCommand({
    run: () =>
      apiClient.post<RolloutDocument>(`${rolloutPath(rolloutId)}/retry`, {
        reason: reason.trim(),
        ...(standstill.step === null ? {} : { step: standstill.step }),
      }),
    refresh: [["rollouts"], ["flags"], ["rollbacks"]],
    done: "It goes on",
    inline: true,
    onDone: onClose,
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={standstill.step === null ? "Let it go on?" : "Do this step again?"}
      description={`${standstill.title} ${standstill.words} Nothing that is done is done again.`}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            icon={<RotateCw aria-hidden />}
            disabled={reason.trim().length < leastReason}
            busy={retry.isPending}
            onClick={() => retry.mutate(undefined)}
          >
            Retry
          </Button>
        </>
      }
    >
      {retry.isError && <ErrorState inline error={retry.error} />}
      <TextArea
        label="Reason"
        required
        hint="What is different now; goes into the audit log"
        value={reason}
        onChange={setReason}
      />
    </Dialog>
  );
}
