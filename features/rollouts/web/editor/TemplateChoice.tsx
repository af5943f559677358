import { Card, IconButton, classes, useMay } from "@paceline/web-kit";
import { Trash2 } from "lucide-react";
import { Suspense, lazy, useId, useState } from "react";

import type { TemplateDocument } from "../../plan-api.ts";
import { holdWords, shareWords } from "../plan-words.ts";
import type { FormProps } from "./fields.ts";

const RemoveTemplateDialog = lazy(async () => ({
  default: (await import("./RemoveTemplateDialog.tsx")).RemoveTemplateDialog,
}));

/** The shape of the plan; choosing one replaces the stages. */
export function TemplateChoice(props: FormProps & { templates: readonly TemplateDocument[] }) {
  const { form, onChange, templates } = props;
  const name = useId();
  const mayEdit = useMay("rollout.edit");
  const [removing, setRemoving] = useState<TemplateDocument>();
  return (
    <Card title="Pace" note={form.template === null ? "written by hand" : undefined}>
      <fieldset className="grid gap-3 sm:grid-cols-2">
        <legend className="sr-only">Template of the stages</legend>
        {templates.map((template) => {
          const chosen = template.key === form.template;
          const first = template.stages[0];
          return (
            <div
              key={template.key}
              className={classes(
                "relative flex gap-2.5 rounded-card border p-3 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring",
                chosen ? "border-ink bg-sunken" : "border-line-2 hover:bg-hover",
              )}
            >
              <input
                id={`${name}-${template.key}`}
                type="radio"
                name={name}
                checked={chosen}
                aria-describedby={`${name}-${template.key}-note`}
                onChange={() =>
                  onChange({ ...form, template: template.key, stages: template.stages })
                }
                className="relative z-10 mt-0.5 size-4 shrink-0 accent-(--ink) outline-none"
              />
              <div className="min-w-0 flex-1">
                <label
                  htmlFor={`${name}-${template.key}`}
                  className="font-medium after:absolute after:inset-0 after:content-['']"
                >
                  {template.name}
                </label>
                <div id={`${name}-${template.key}-note`}>
                  <p className="text-small text-fg2">{template.description}</p>
                  <p className="mt-1 text-small text-fg3 tabular-nums">
                    {template.stages
                      .map(({ exposureShare }) => shareWords(exposureShare))
                      .join(", ")}
                    {first !== undefined && `. The first holds for ${holdWords(first.hold)}.`}
                  </p>
                </div>
              </div>
              {mayEdit && !template.isBuiltIn && (
                <span className="relative z-10 -mt-1 -mr-1 shrink-0">
                  <IconButton
                    label={`Delete the template ${template.name}`}
                    icon={<Trash2 aria-hidden />}
                    small
                    onClick={() => setRemoving(template)}
                  />
                </span>
              )}
            </div>
          );
        })}
      </fieldset>
      {removing !== undefined && (
        <Suspense>
          <RemoveTemplateDialog
            template={removing}
            onClose={() => setRemoving(undefined)}
            onRemoved={() => {
              if (form.template === removing.key) onChange({ ...form, template: null });
            }}
          />
        </Suspense>
      )}
    </Card>
  );
}
