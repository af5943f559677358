import { choiceField, definePage, flagField, optionalField, textField } from "@paceline/web-kit";

import { PLAN_STATES } from "../domain/plan.ts";

export const rolloutsPage = definePage("/rollouts", {
  state: choiceField("any", ...PLAN_STATES),
  environment: textField(),
  flag: textField(),
});
export const newRolloutPage = definePage("/rollouts/new", {
  flag: optionalField(),
  environment: optionalField(),
  rule: optionalField(),
  form: choiceField("simple", "advanced"),
});
export const receiversPage = definePage("/rollouts/alert-receivers", { new: flagField() });
export const rolloutPage = definePage("/rollouts/$rolloutId");
export const editRolloutPage = definePage("/rollouts/$rolloutId/edit", {
  form: choiceField("simple", "advanced"),
});

/** Written out: the face of flags for the app registers pages, and gives no addresses. */
export function flagHref(flagKey: string, environment: string, tab?: "rollback" | "rules"): string {
  const query = new URLSearchParams({ ...(tab === undefined ? {} : { tab }), environment });
  return `/flags/${encodeURIComponent(flagKey)}?${query.toString()}`;
}
