import type { ApiProblem } from "@paceline/web-kit";

import type { PlanForm } from "./form.ts";

/** What every part of the editor gets; faults stand at the field that their pointer names. */
export type FormProps = {
  readonly form: PlanForm;
  readonly onChange: (form: PlanForm) => void;
  readonly problem: ApiProblem | undefined;
};
