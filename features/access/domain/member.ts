import type { Role } from "@paceline/command";
import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

export type Holder = { readonly userId: string; readonly role: Role };

export type MemberChangeError = { readonly kind: "not-a-member" } | { readonly kind: "last-owner" };

/**
 * Whether a member may get another role, or leave (`to` null). A workspace keeps at least one owner,
 * since nobody else can add members or give roles.
 *
 * @param members  all present members of the workspace
 */
export function decideMemberChange(
  members: readonly Holder[],
  userId: string,
  to: Role | null,
): Result<Holder, MemberChangeError> {
  const member = members.find((candidate) => candidate.userId === userId);
  if (member === undefined) return err({ kind: "not-a-member" });
  const otherOwner = members.some(({ role, userId: id }) => role === "owner" && id !== userId);
  if (member.role === "owner" && to !== "owner" && !otherOwner) return err({ kind: "last-owner" });
  return ok(member);
}

/** Two spellings of one address are one person: case and surrounding space do not count. */
export function emailKey(email: string): string {
  return email.trim().normalize("NFKC").toLowerCase();
}
