import { ConfirmDialog, apiClient, useCommand } from "@paceline/web-kit";

import type { TemplateDocument } from "../../plan-api.ts";

/** Forgets a template of the workspace's own. */
export function RemoveTemplateDialog(props: {
  template: TemplateDocument;
  onClose: () => void;
  onRemoved: () => void;
}) {
  const { template, onClose, onRemoved } = props;
  const remove = useCommand({
    run: () => apiClient.delete(`/rollout-templates/${encodeURIComponent(template.key)}`),
    refresh: [["rollout-templates"]],
    done: "Template deleted",
    inline: true,
    onDone: () => {
      onRemoved();
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={`Delete the template “${template.name}”?`}
      description="Nobody can begin a plan with it any more. Plans made from it keep their stages. It cannot be taken back."
      act="Delete template"
      danger
      busy={remove.isPending}
      error={remove.isError ? remove.error : undefined}
      onConfirm={() => remove.mutate(undefined)}
    />
  );
}
