import { choiceField, definePage, flagField, optionalField, textField } from "@paceline/web-kit";

export const flagsPage = definePage("/flags", {
  text: textField(),
  kind: choiceField("any", "release", "experiment", "kill-switch", "permission", "configuration"),
  environment: textField(),
  owner: textField(),
  tag: textField(),
  lifecycle: choiceField("any", "draft", "live", "concluded", "clean-up"),
  stale: flagField(),
  archived: flagField(),
  /** With those that the product made for work of its own. */
  internal: flagField(),
  sort: choiceField("key", "-key", "created", "-created"),
  new: flagField(),
});
export const layersPage = definePage("/layers", {
  environment: optionalField(),
  /** Layers that are put away, instead of those that can be claimed. */
  archived: flagField(),
  act: choiceField("none", "layer", "holdout"),
  /** Of the layer or holdout that is edited. */
  key: optionalField(),
});
export const flagPage = definePage("/flags/$flagKey", {
  tab: choiceField("now", "rules", "explain", "history", "clients", "checks", "rollback", "use"),
  environment: optionalField(),
  revision: optionalField(),
  against: optionalField(),
  unit: textField(),
  moment: optionalField(),
});
