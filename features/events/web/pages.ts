import { choiceField, definePage, integerField, optionalField, textField } from "@paceline/web-kit";

export const eventsPage = definePage("/events", {
  tab: choiceField("live", "catalog", "explore", "sources", "storage", "parity"),
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
});

/** One event name. */
export const eventNamePage = definePage("/events/name", {
  environment: optionalField(),
  type: textField(),
  event: textField(),
  property: textField(),
  days: integerField(30),
});
