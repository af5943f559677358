import { ConfirmDialog, apiClient, useCommand } from "@paceline/web-kit";

import type { ExperimentDetail } from "../../api.ts";

/** Asks once more before the criterion is fixed for good. */
export function LockDialog(props: { id: string; onClose: () => void }) {
  const { id, onClose } = props;
  const lock = useCommand({
    run: () => apiClient.post<ExperimentDetail>(`/experiments/${id}/lock`),
    refresh: [["experiments"], ["initiatives"]],
    done: "Criterion locked",
    inline: true,
    onDone: onClose,
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title="Lock the criterion?"
      description="Its SHA-256 and the metric definitions go into the audit log. After that it never changes; an edit is a new iteration."
      act="Lock criterion"
      busy={lock.isPending}
      error={lock.error ?? undefined}
      onConfirm={() => lock.mutate(undefined)}
    />
  );
}
