import { choiceField, definePage, optionalField, textField } from "@paceline/web-kit";

export const experimentsPage = definePage("/experiments", {
  show: choiceField("all", "running", "waiting", "finished"),
  text: textField(),
  environment: textField(),
});
export const newExperimentPage = definePage("/experiments/new", {
  initiative: optionalField(),
  flag: optionalField(),
  environment: optionalField(),
});
/** Set-up while it is a draft or locked, the result from the start on. */
export const experimentPage = definePage("/experiments/$experimentId", {
  tab: choiceField("results", "health", "rollback", "activity"),
  scale: choiceField("decided", "relative", "absolute"),
  arm: optionalField(),
});
