import {
  choiceField,
  definePage,
  flagField,
  integerField,
  optionalField,
  textField,
} from "@paceline/web-kit";

export const eventsPage = definePage("/events", {
  tab: choiceField("live", "catalog", "explore", "plans", "bad", "sources", "storage", "parity"),
  environment: optionalField(),
  type: textField(),
  event: textField(),
  unit: textField(),
  source: textField(),
  /** The event whose details are open. */
  open: optionalField(),
  bucket: choiceField("day", "hour", "minute"),
  /** The client whose snippet is shown. */
  connect: optionalField(),
  view: choiceField("series", "funnel", "retention", "top"),
  /** Events of the question, see explore/question.ts. */
  of: textField(),
  measure: choiceField("events", "units", "sum", "mean"),
  property: textField(),
  split: textField(),
  days: integerField(30),
  cell: choiceField("week", "day", "month"),
  /** Whether a plan is being made. */
  newPlan: flagField(),
  /** How far back bad events are looked for. */
  span: choiceField("day", "week", "month"),
});

/** One event name. */
export const eventNamePage = definePage("/events/name", {
  environment: optionalField(),
  type: textField(),
  event: textField(),
  property: textField(),
  days: integerField(30),
});

/** One telemetry plan. */
export const planPage = definePage("/events/plans/$planName", {
  tab: choiceField("state", "edit", "versions"),
  environment: optionalField(),
  publish: flagField(),
});

/** The bad events of one fault; its address says which. */
export const badGroupPage = definePage("/events/bad", {
  environment: optionalField(),
  event: textField(),
  kind: choiceField("plan", "invalid", "oversize"),
  plan: optionalField(),
  path: textField(),
  reason: textField(),
  act: optionalField(),
  message: optionalField(),
});
