import {
  Button,
  Dialog,
  ErrorState,
  TextArea,
  TextField,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { useState } from "react";

import type { TemplateDocument } from "../../plan-api.ts";
import { shareWords } from "../plan-words.ts";
import { templateKey } from "./form.ts";
import type { PlanForm } from "./form.ts";

/** Keeps the stages under a name, so that the next plan can begin with them. */
export function TemplateDialog(props: {
  form: PlanForm;
  templates: readonly TemplateDocument[];
  onClose: () => void;
  onKept: (template: TemplateDocument) => void;
}) {
  const { form, templates, onClose, onKept } = props;
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const key = templateKey(name);
  const same = templates.find((template) => template.key === key);
  const save = useCommand({
    run: () =>
      apiClient.put<TemplateDocument>(`/rollout-templates/${key}`, {
        name: name.trim(),
        description: description.trim(),
        stages: [...form.stages],
      }),
    refresh: [["rollout-templates"]],
    done: "Template kept",
    inline: true,
    onDone: (template) => {
      onKept(template);
      onClose();
    },
  });
  const problem = save.isError ? asProblem(save.error) : undefined;
  const stages = form.stages.map(({ exposureShare }) => shareWords(exposureShare)).join(", ");
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Keep the stages as a template"
      description={`${stages}, with what holds each. Flag, guards and windows stay with the plan.`}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            busy={save.isPending}
            disabled={key === "" || same?.isBuiltIn === true}
            onClick={() => save.mutate(undefined)}
          >
            {same === undefined || same.isBuiltIn ? "Keep template" : "Replace template"}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label="Name"
          value={name}
          onChange={setName}
          hint={
            same === undefined || same.isBuiltIn
              ? undefined
              : `Replaces the template “${same.name}”; plans made from it keep their stages.`
          }
          error={
            same?.isBuiltIn === true
              ? `“${same.name}” comes with the product. Choose another name.`
              : problem?.faultAt("/name")
          }
        />
        <TextArea
          label="When to use it"
          optional
          value={description}
          onChange={setDescription}
          error={problem?.faultAt("/description")}
        />
        {problem !== undefined && <ErrorState inline error={problem} />}
      </div>
    </Dialog>
  );
}
