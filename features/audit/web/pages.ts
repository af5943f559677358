import { definePage, optionalField, textField } from "@paceline/web-kit";

/** The audit log: filters, the page read and the open entry are in the address. */
export const auditPage = definePage("/assurance/audit", {
  entry: optionalField(),
  action: textField(),
  actor: textField(),
  subjectKind: textField(),
  subjectId: textField(),
  from: textField(),
  to: textField(),
  cursor: optionalField(),
});

/** The log with one entry open. */
export function auditEntryHref(entry: string): string {
  return auditPage.href({}, { entry });
}
