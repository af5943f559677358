import { choiceField, definePage, optionalField, textField } from "@paceline/web-kit";

export const eventsPage = definePage("/events", {
  tab: choiceField("live", "catalog", "storage", "send"),
  environment: optionalField(),
  event: textField(),
  unit: textField(),
  bucket: choiceField("day", "hour", "minute"),
  name: optionalField(),
});
