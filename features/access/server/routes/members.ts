import { type App, commandContext, notFound } from "@paceline/http";
import { Type } from "typebox";

import {
  AddMember,
  AddedMember,
  ChangeRole,
  MemberList,
  MemberView,
  PasswordLink,
} from "../../api.ts";
import { addMember } from "../commands/add-member.ts";
import { changeRole } from "../commands/change-role.ts";
import type { OneTimeLink } from "../commands/make-first-run-link.ts";
import { makePasswordLink } from "../commands/make-password-link.ts";
import { removeMember } from "../commands/remove-member.ts";
import { accessProblem } from "../problems.ts";
import { viewMembers } from "../views.ts";

const TAGS = ["access"];
const params = Type.Object({ id: Type.String({ format: "uuid" }) });

const viewLink = ({ path, expiresAt }: OneTimeLink): PasswordLink => ({
  path,
  expiresAt: expiresAt.toISOString(),
});

export function registerMemberRoutes(app: App): void {
  app.get(
    "/api/v1/members",
    {
      config: { permission: "member.read" },
      schema: { tags: TAGS, summary: "Members", response: { 200: MemberList } },
    },
    async (request) => {
      const { db, workspaceId } = commandContext(request);
      return { items: await viewMembers(db, workspaceId) };
    },
  );
  app.post(
    "/api/v1/members",
    {
      // The answer holds a secret, which must not be kept for a repeated request.
      config: { permission: "member.edit", idempotent: false },
      schema: {
        tags: TAGS,
        summary: "Add a member",
        body: AddMember,
        response: { 201: AddedMember },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const result = await addMember(ctx, request.body);
      if (!result.ok) throw accessProblem(result.error, ctx.now);
      const { userId, link } = result.value;
      const [member] = await viewMembers(ctx.db, ctx.workspaceId, userId);
      if (member === undefined) throw notFound("member");
      return reply.status(201).send({ member, link: link === null ? null : viewLink(link) });
    },
  );
  registerMemberChanges(app);
}

function registerMemberChanges(app: App): void {
  app.patch(
    "/api/v1/members/:id",
    {
      config: { permission: "member.edit" },
      schema: {
        tags: TAGS,
        summary: "Give a member another role",
        params,
        body: ChangeRole,
        response: { 200: MemberView },
      },
    },
    async (request) => {
      const ctx = commandContext(request);
      const result = await changeRole(ctx, request.params.id, request.body.role);
      if (!result.ok) throw accessProblem(result.error, ctx.now);
      const [member] = await viewMembers(ctx.db, ctx.workspaceId, request.params.id);
      if (member === undefined) throw notFound("member");
      return member;
    },
  );
  app.delete(
    "/api/v1/members/:id",
    {
      config: { permission: "member.edit" },
      schema: { tags: TAGS, summary: "Remove a member", params, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const result = await removeMember(ctx, request.params.id);
      if (!result.ok) throw accessProblem(result.error, ctx.now);
      return reply.status(204).send(null);
    },
  );
  app.post(
    "/api/v1/members/:id/password-link",
    {
      config: { permission: "member.edit", idempotent: false },
      schema: {
        tags: TAGS,
        summary: "Make a link by which the member sets a new password",
        params,
        response: { 201: PasswordLink },
      },
    },
    async (request, reply) => {
      const ctx = commandContext(request);
      const result = await makePasswordLink(ctx, request.params.id);
      if (!result.ok) throw accessProblem(result.error, ctx.now);
      return reply.status(201).send(viewLink(result.value));
    },
  );
}
