/** What a member may do in a workspace, by the field's usual job names. */
export const ROLES = [
  "owner",
  "engineer",
  "marketer",
  "analyst",
  "legal",
  "creative",
  "viewer",
] as const;

export type Role = (typeof ROLES)[number];

const EVERYONE = ROLES;
const BUILDERS = ["owner", "engineer", "marketer", "analyst"] as const;
const OPERATORS = ["owner", "engineer", "marketer"] as const;
const OWNERS = ["owner"] as const;

/**
 * The one permission table: which roles hold each permission. What is not named here is denied.
 * Rolling back is held by everyone who may change anything: the way back needs no approval.
 */
export const PERMISSIONS = {
  "workspace.read": EVERYONE,
  "workspace.edit": OWNERS,
  "member.read": EVERYONE,
  "member.edit": OWNERS,
  "key.read": ["owner", "engineer"],
  "key.edit": ["owner", "engineer"],
  "environment.read": EVERYONE,
  "environment.edit": ["owner", "engineer"],
  "audit.read": EVERYONE,
  "audit.verify": EVERYONE,
  "audit.erase": ["owner", "legal"],
  "initiative.read": EVERYONE,
  "initiative.edit": ["owner", "engineer", "marketer", "analyst", "creative"],
  "initiative.decide": BUILDERS,
  "initiative.cancel": BUILDERS,
  "initiative.start": OPERATORS,
  "policy.read": EVERYONE,
  "policy.edit": OWNERS,
  "flag.read": EVERYONE,
  "flag.edit": OPERATORS,
  "flag.publish": OPERATORS,
  "layer.edit": OPERATORS,
  "holdout.edit": OPERATORS,
  "event.read": EVERYONE,
  "event.compare": ["owner", "engineer", "analyst"],
  "event.export": ["owner", "engineer", "analyst"],
  "event.replay": BUILDERS,
  "event.map": BUILDERS,
  "event.erase": ["owner", "legal"],
  "event.retain": ["owner", "legal"],
  "plan.read": EVERYONE,
  "plan.write": BUILDERS,
  "plan.publish": BUILDERS,
  "event.import": ["owner", "engineer", "analyst"],
  "experiment.read": EVERYONE,
  "experiment.edit": BUILDERS,
  "experiment.lock": BUILDERS,
  "experiment.start": OPERATORS,
  "rollout.read": EVERYONE,
  "rollout.edit": OPERATORS,
  "rollout.start": OPERATORS,
  "rollout.approve": ["owner", "engineer", "marketer", "analyst", "legal", "creative"],
  "rollback.execute": ["owner", "engineer", "marketer", "analyst"],
  "sample.remove": OWNERS,
  "backup.read": OWNERS,
} as const satisfies Readonly<Record<string, readonly Role[]>>;

export type Permission = keyof typeof PERMISSIONS;

/** Whether a role holds a permission. */
export function can(role: Role, permission: Permission): boolean {
  return PERMISSIONS[permission].some((holder) => holder === role);
}
