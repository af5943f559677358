import { choiceField, definePage, flagField, optionalField, textField } from "@paceline/web-kit";

export const flagsPage = definePage("/flags", {
  text: textField(),
  kind: choiceField("any", "release", "experiment", "kill-switch", "permission", "configuration"),
  environment: textField(),
  archived: flagField(),
  new: flagField(),
});
export const flagPage = definePage("/flags/$flagKey", {
  tab: choiceField("now", "rules", "history", "explain", "rollback", "use"),
  environment: optionalField(),
  revision: optionalField(),
  against: optionalField(),
  unit: textField(),
  moment: optionalField(),
});
