import {
  Button,
  Dialog,
  ErrorState,
  TextArea,
  apiClient,
  formatDuration,
  notify,
  useCommand,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { useState } from "react";

import type { RollbackExecutionDocument } from "../api.ts";
import { rollbackPath, rollbackQuery } from "./queries.ts";
import { targetWords } from "./words.ts";

const leastReason = 3;

function tellDone({ toRevision, effectMs }: RollbackExecutionDocument): void {
  notify.done(
    "Rolled back",
    effectMs === null
      ? `Revision ${toRevision} is published; when it took effect was not measured.`
      : `Revision ${toRevision} is in force, after ${formatDuration(effectMs)}.`,
  );
}

/** Asks for the reason; Enter stays in the reason and never rolls back. */
export function RollBackDialog(props: {
  environment: string;
  flagKey: string;
  onClose: () => void;
}) {
  const { environment, flagKey, onClose } = props;
  const state = useQuery(rollbackQuery(environment, flagKey));
  const [reason, setReason] = useState("");
  const rollBack = useCommand({
    run: () =>
      // Who presses this wants it back now, whatever pace the definition has.
      apiClient.post<RollbackExecutionDocument>(rollbackPath(environment, flagKey), {
        reason,
        pace: "instant",
      }),
    refresh: [["rollbacks"], ["flags"], ["experiments"]],
    inline: true,
    onDone: (execution) => {
      tellDone(execution);
      onClose();
    },
  });
  const definition = state.data?.definition;
  const last = state.data?.executions[0];
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Roll back ${flagKey} in ${environment}?`}
      description={
        definition == null
          ? "No way back is defined, so everyone gets the off variant."
          : `Everyone gets ${definition.target.kind === "off" ? "the off variant" : `what ${targetWords(definition.target)} serves`}.`
      }
      foot={
        <>
          <Button onClick={onClose}>Keep it running</Button>
          <Button
            kind="danger"
            icon={<Undo2 aria-hidden />}
            disabled={reason.trim().length < leastReason}
            busy={rollBack.isPending}
            onClick={() => rollBack.mutate(undefined)}
          >
            Roll back
          </Button>
        </>
      }
    >
      {rollBack.isError && <ErrorState inline error={rollBack.error} />}
      <TextArea
        label="Reason"
        required
        hint="Goes into the audit log"
        value={reason}
        onChange={setReason}
      />
      <p className="text-small text-fg2">
        It works at once and needs no approval. A run on this flag ends with it.
        {last?.effectMs != null && ` The last one took effect in ${formatDuration(last.effectMs)}.`}
      </p>
    </Dialog>
  );
}
