import { Type } from "typebox";
import type { Static } from "typebox";

const Id = Type.String({ format: "uuid" });
const Instant = Type.String({ format: "date-time" });
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const Name = Type.String({ minLength: 1, maxLength: 120, pattern: "\\S" });
const Email = Type.String({ format: "email", maxLength: 254 });
/** Its length is checked by the rule, which answers in words. */
const Password = Type.String({ maxLength: 1024 });
const Token = Type.String({ minLength: 1, maxLength: 200 });

export const RoleSchema = Type.Union(
  [
    Type.Literal("owner"),
    Type.Literal("engineer"),
    Type.Literal("marketer"),
    Type.Literal("analyst"),
    Type.Literal("legal"),
    Type.Literal("creative"),
    Type.Literal("viewer"),
  ],
  { description: "what a member may do in the workspace" },
);

const Scope = Type.Union([
  Type.Literal("intake", { description: "write events, nothing else" }),
  Type.Literal("evaluate", { description: "evaluate flags, and read their rules" }),
  Type.Literal("browser", { description: "evaluate flags; never sees a rule" }),
  Type.Literal("metrics", { description: "read /metrics, nothing else" }),
  Type.Literal("admin", { description: "everything an owner may" }),
]);

/** Who is signed in, to which workspace, and what they may do. */
export const SessionView = Type.Object({
  person: Nullable(Type.Object({ id: Id, name: Type.String(), email: Type.String() })),
  key: Nullable(Type.Object({ id: Id, name: Type.String(), scopes: Type.Array(Scope) })),
  role: Nullable(RoleSchema),
  workspace: Type.Object({ id: Id, name: Type.String() }),
  permissions: Type.Array(Type.String()),
});
export type SessionView = Static<typeof SessionView>;

export const SignIn = Type.Object(
  { email: Type.String({ maxLength: 254 }), password: Password },
  { additionalProperties: false },
);
export type SignIn = Static<typeof SignIn>;

export const FirstRunState = Type.Object({
  needed: Type.Boolean({ description: "true until the workspace has an owner" }),
});

export const FirstRun = Type.Object(
  { token: Token, workspaceName: Name, name: Name, email: Email, password: Password },
  { additionalProperties: false },
);
export type FirstRun = Static<typeof FirstRun>;

export const SetPassword = Type.Object(
  { token: Token, password: Password },
  { additionalProperties: false },
);
export type SetPassword = Static<typeof SetPassword>;

export const WorkspaceView = Type.Object({
  id: Id,
  name: Type.String(),
  version: Type.Integer(),
  createdAt: Instant,
});
export type WorkspaceView = Static<typeof WorkspaceView>;

export const RenameWorkspace = Type.Object({ name: Name }, { additionalProperties: false });

export const MemberView = Type.Object({
  id: Id,
  name: Type.String(),
  email: Type.String(),
  role: RoleSchema,
  addedAt: Instant,
  hasPassword: Type.Boolean({
    description: "false until the member has used the set-password link",
  }),
});
export type MemberView = Static<typeof MemberView>;

export const AddMember = Type.Object(
  { email: Email, name: Name, role: RoleSchema },
  { additionalProperties: false },
);
export type AddMember = Static<typeof AddMember>;

export const ChangeRole = Type.Object({ role: RoleSchema }, { additionalProperties: false });

/** Shown once. Its path is opened on this server; the token is in the fragment and stays out of logs. */
export const PasswordLink = Type.Object({ path: Type.String(), expiresAt: Instant });
export type PasswordLink = Static<typeof PasswordLink>;

export const AddedMember = Type.Object({
  member: MemberView,
  link: Type.Union([PasswordLink, Type.Null()], {
    description: "null if the person has a password already",
  }),
});

export const EnvironmentView = Type.Object({
  id: Id,
  key: Type.String(),
  name: Type.String(),
  kind: Type.Union([
    Type.Literal("live"),
    Type.Literal("replay", { description: "has a clock that is moved by command" }),
  ]),
  simulatedNow: Nullable(Instant),
});
export type EnvironmentView = Static<typeof EnvironmentView>;

export const CreateEnvironment = Type.Object(
  {
    key: Type.String({ pattern: "^[a-z][a-z0-9-]{0,38}[a-z0-9]$" }),
    name: Name,
    kind: Type.Union([Type.Literal("live"), Type.Literal("replay")]),
    startsAt: Type.Optional(
      Type.String({ format: "date-time", description: "where the clock of a replay starts" }),
    ),
  },
  { additionalProperties: false },
);

export const MoveClock = Type.Object({ to: Instant }, { additionalProperties: false });

export const KeyView = Type.Object({
  id: Id,
  name: Type.String(),
  prefix: Type.String({ description: "public part, enough to recognise the key" }),
  scopes: Type.Array(Scope),
  environment: Nullable(Type.String()),
  createdAt: Instant,
  createdBy: Type.String(),
  lastUsedAt: Nullable(Instant),
  revokedAt: Nullable(Instant),
});
export type KeyView = Static<typeof KeyView>;

export const CreateKey = Type.Object(
  {
    name: Name,
    scopes: Type.Array(Scope, { minItems: 1, maxItems: 5, uniqueItems: true }),
    environment: Type.Optional(Type.String({ maxLength: 40 })),
  },
  { additionalProperties: false },
);
export type CreateKey = Static<typeof CreateKey>;

export const CreatedKey = Type.Object({
  key: KeyView,
  secret: Type.String({ description: "the whole key; shown this once" }),
});

const ListOf = <T extends Parameters<typeof Type.Array>[0]>(item: T) =>
  Type.Object({ items: Type.Array(item) });
export const MemberList = ListOf(MemberView);
export const EnvironmentList = ListOf(EnvironmentView);
export const KeyList = ListOf(KeyView);
