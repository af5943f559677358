import type { MemberView } from "../api.ts";

export type Role = MemberView["role"];

/** What each role is for, in the words of the settings page. */
export const roleOptions = [
  { value: "owner", label: "Owner", hint: "Everything, and who else may do what" },
  { value: "engineer", label: "Engineer", hint: "Flags, experiments, environments and keys" },
  { value: "marketer", label: "Marketer", hint: "Proposes and starts changes, rolls back" },
  { value: "analyst", label: "Analyst", hint: "Criteria, metrics and verdicts, rolls back" },
  { value: "legal", label: "Legal", hint: "Reads everything, erases personal data" },
  { value: "creative", label: "Creative", hint: "Proposes and edits initiatives" },
  { value: "viewer", label: "Viewer", hint: "Reads everything, changes nothing" },
] as const satisfies readonly { value: Role; label: string; hint: string }[];

export function roleLabel(role: Role): string {
  return roleOptions.find(({ value }) => value === role)?.label ?? role;
}

export function roleHint(role: Role): string {
  return roleOptions.find(({ value }) => value === role)?.hint ?? "";
}
