/** What an audit entry is about, such as `{ kind: "initiative", id: "…" }`. */
export interface AuditSubject {
  readonly kind: string;
  readonly id: string;
}

const ACTION = /^[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)+$/;
const KIND = /^[a-z][a-z0-9_-]*$/;

/** True for `<noun>.<verb>` in lower case, such as `initiative.propose` or `flag.rule.publish`. */
export function isActionName(text: string): boolean {
  return text.length <= 100 && ACTION.test(text);
}

/** True for the kind of a subject or actor: a lower-case noun. */
export function isKindName(text: string): boolean {
  return text.length <= 100 && KIND.test(text);
}
