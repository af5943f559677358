import {
  choiceField,
  definePage,
  flagField,
  listField,
  optionalField,
  textField,
} from "@paceline/web-kit";

/** Board or table of all initiatives; `panel` is the initiative that is open beside it. */
export const initiativesPage = definePage("/initiatives", {
  view: choiceField("board", "table"),
  text: textField(),
  modes: listField(["sprint", "marathon", "hybrid", "undecided"]),
  states: listField([
    "draft",
    "proposed",
    "decided",
    "ready",
    "in_flight",
    "verdict",
    "captured",
    "cancelled",
  ]),
  owner: optionalField(),
  sort: choiceField("-number", "number", "-updated", "updated", "title", "-title"),
  captured: flagField(),
  panel: optionalField(),
});
export const proposePage = definePage("/initiatives/new");
export const policyPage = definePage("/initiatives/policy", { tab: choiceField("rules", "cases") });
export const initiativePage = definePage("/initiatives/$id", { edit: optionalField() });
export const editProposalPage = definePage("/initiatives/$id/edit");
