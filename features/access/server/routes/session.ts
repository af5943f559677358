import { type App, type Authenticate, commandContext, identityOf, notFound } from "@paceline/http";
import type { Result } from "@paceline/result";
import { Type } from "typebox";

import { FirstRun, FirstRunState, SessionView, SetPassword, SignIn } from "../../api.ts";
import { type FirstRunError, completeFirstRun } from "../commands/complete-first-run.ts";
import { type SetPasswordError, setPassword } from "../commands/set-password.ts";
import { type SignInError, signIn } from "../commands/sign-in.ts";
import { signOut } from "../commands/sign-out.ts";
import type { NewSession } from "../commands/start-session.ts";
import { type AccessRouteDeps, personActor } from "../deps.ts";
import { accessProblem } from "../problems.ts";
import { ownerExists } from "../repository.ts";
import { SESSION_COOKIE, clientOf, refuseCrossSite } from "../request.ts";
import { hashToken } from "../secrets.ts";
import { findSession } from "../session-repository.ts";
import { viewSession } from "../views.ts";

type Request = Parameters<Authenticate>[0];
type Reply = {
  setCookie(name: string, value: string, options: Record<string, unknown>): unknown;
};

const PUBLIC = { config: { permission: "public", idempotent: false } } as const;
const TAGS = ["access"];

/** Only this server's own pages send the cookie along; scripts cannot read it. */
function cookieOptions(deps: AccessRouteDeps, request: Request) {
  const secure = deps.secureCookies === true || request.protocol === "https";
  return { path: "/", httpOnly: true, sameSite: "lax" as const, secure };
}

async function answerSession(
  deps: AccessRouteDeps,
  request: Request,
  reply: Reply,
  result: Result<NewSession, FirstRunError | SetPasswordError | SignInError>,
): Promise<SessionView> {
  if (!result.ok) {
    request.log.info({ kind: result.error.kind }, "sign-in refused");
    throw accessProblem(result.error, deps.clock.now());
  }
  const { token, expiresAt } = result.value;
  reply.setCookie(SESSION_COOKIE, token, { ...cookieOptions(deps, request), expires: expiresAt });
  const session = await findSession(deps.db, hashToken(token));
  if (session === null) throw notFound("session");
  const actor = personActor(session.userId, session.userName, session.role);
  const view = await viewSession(deps.db, actor, session.workspaceId);
  if (view === null) throw notFound("workspace");
  return view;
}

export function registerSessionRoutes(app: App, deps: AccessRouteDeps): void {
  registerFirstRun(app, deps);
  registerSetPassword(app, deps);
  app.post(
    "/api/v1/session",
    {
      ...PUBLIC,
      schema: {
        tags: TAGS,
        summary: "Sign in",
        description:
          "Needs no identity; wrong passwords are slowed down by address and by client. The session comes as a cookie.",
        body: SignIn,
        response: { 201: SessionView },
      },
    },
    async (request, reply) => {
      refuseCrossSite(request);
      const result = await signIn(deps, request.body, clientOf(request));
      return reply.status(201).send(await answerSession(deps, request, reply, result));
    },
  );
  app.get(
    "/api/v1/session",
    {
      config: { permission: "signed-in" },
      schema: {
        tags: TAGS,
        summary: "Who acts, and what they may do",
        response: { 200: SessionView },
      },
    },
    async (request) => {
      const { actor, workspaceId } = identityOf(request);
      const view = await viewSession(deps.db, actor, workspaceId);
      if (view === null) throw notFound("workspace");
      return view;
    },
  );
  app.delete(
    "/api/v1/session",
    {
      config: { permission: "signed-in" },
      schema: { tags: TAGS, summary: "Sign out", response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const token = request.cookies[SESSION_COOKIE];
      if (token !== undefined) await signOut(commandContext(request), token);
      void reply.clearCookie(SESSION_COOKIE, cookieOptions(deps, request));
      return reply.status(204).send(null);
    },
  );
}

function registerSetPassword(app: App, deps: AccessRouteDeps): void {
  app.post(
    "/api/v1/session/password",
    {
      ...PUBLIC,
      schema: {
        tags: TAGS,
        summary: "Set a password with a one-time link, and sign in",
        description: "Needs the token of a link; every other session of the person ends.",
        body: SetPassword,
        response: { 201: SessionView },
      },
    },
    async (request, reply) => {
      refuseCrossSite(request);
      const result = await setPassword(deps, request.body, clientOf(request));
      return reply.status(201).send(await answerSession(deps, request, reply, result));
    },
  );
}

function registerFirstRun(app: App, deps: AccessRouteDeps): void {
  app.get(
    "/api/v1/first-run",
    {
      ...PUBLIC,
      schema: {
        tags: TAGS,
        summary: "Whether an owner is missing",
        description: "Needs no identity.",
        response: { 200: FirstRunState },
      },
    },
    async () => ({ needed: !(await ownerExists(deps.db)) }),
  );
  app.post(
    "/api/v1/first-run",
    {
      ...PUBLIC,
      schema: {
        tags: TAGS,
        summary: "Create the workspace and its owner with the link that the server printed",
        description: "Needs the token of that link, which opens once and for a day.",
        body: FirstRun,
        response: { 201: SessionView },
      },
    },
    async (request, reply) => {
      refuseCrossSite(request);
      const result = await completeFirstRun(deps, request.body, clientOf(request));
      return reply.status(201).send(await answerSession(deps, request, reply, result));
    },
  );
}
