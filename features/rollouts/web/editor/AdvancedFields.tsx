import { SkeletonRows } from "@paceline/web-kit";

import type { TemplateDocument } from "../../plan-api.ts";
import type { FormProps } from "./fields.ts";
import { GuardFields } from "./GuardFields.tsx";
import { StageFields } from "./StageFields.tsx";
import { WindowFields } from "./WindowFields.tsx";

/** Every stage, guard and window by hand. */
export function AdvancedFields(props: FormProps & { templates: readonly TemplateDocument[] }) {
  if (props.templates.length === 0) return <SkeletonRows rows={4} />;
  return (
    <>
      <StageFields {...props} templates={props.templates} />
      <GuardFields {...props} />
      <WindowFields {...props} />
    </>
  );
}
