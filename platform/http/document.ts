import { STATUS_CODES } from "node:http";

import type { SwaggerTransform } from "@fastify/swagger";
import { PERMISSIONS } from "@paceline/command";
import type { Permission } from "@paceline/command";
import type { FastifySchema } from "fastify";

import { isRouteAccess } from "./access.ts";
import type { RouteAccess } from "./access.ts";

/** The part of a permission's name before the dot, and the chapter of the reference that it belongs to. */
const CHAPTERS: Readonly<Record<string, string>> = {
  workspace: "access",
  member: "access",
  key: "access",
  environment: "access",
  audit: "audit",
  initiative: "initiatives",
  policy: "initiatives",
  flag: "flags",
  layer: "flags",
  holdout: "flags",
  event: "events",
  plan: "telemetry plans",
  experiment: "experiments",
  rollout: "rollouts",
  rollback: "rollouts",
  sample: "sample",
  backup: "operation",
};

const CHAPTER_OF_SCOPE = {
  intake: "events",
  evaluate: "flags",
  browser: "flags",
  metrics: "operation",
  admin: "access",
} as const;

/** How callers say who they are. Any one of those that an operation names will do. */
export const SECURITY_SCHEMES = {
  session: { type: "apiKey", in: "cookie", name: "paceline_session" },
  bearer: { type: "http", scheme: "bearer", description: "an API key, `pck_…`" },
  header: { type: "apiKey", in: "header", name: "x-api-key", description: "an API key, `pck_…`" },
  basic: { type: "http", scheme: "basic", description: "an API key as the user name" },
} as const;

const BY_KEY = [{ bearer: [] }, { header: [] }, { basic: [] }];

/** What the reference says of a route beyond its own schema. */
interface Access {
  readonly chapter: string | null;
  /** Who may call it, as a sentence. */
  readonly words: string;
  readonly security: Security;
}

type Security = readonly Readonly<Record<string, readonly string[]>>[];

function ofPermission(permission: Permission): Access {
  const [subject = ""] = permission.split(".");
  const holders = PERMISSIONS[permission];
  return {
    chapter: CHAPTERS[subject] ?? null,
    words: `Needs the permission \`${permission}\`: ${holders.join(", ")}, or an API key with the scope \`admin\`.`,
    security: [{ session: [] }, ...BY_KEY],
  };
}

/** Who may call a route, from the one rule that is checked; a public one says itself what it looks at. */
function describeAccess(access: Exclude<RouteAccess, "public">): Access {
  if (access === "signed-in") {
    const words = "Needs a session or an API key, whatever it may do.";
    return { chapter: "access", words, security: [{ session: [] }, ...BY_KEY] };
  }
  if (typeof access === "string") return ofPermission(access);
  const { scope } = access;
  const others = scope === "browser" ? "`evaluate` or `admin`" : "`admin`";
  return {
    chapter: CHAPTER_OF_SCOPE[scope],
    words: `Needs an API key with the scope \`${scope}\` (${others} will do, too).`,
    security: BY_KEY,
  };
}

interface Refusal {
  readonly description: string;
  readonly name: string;
  readonly title: string;
  readonly status: number;
  /** As an example. */
  readonly detail: string;
}

/** Error answers that operations share; the examples are those of `platform/http`. */
const REFUSALS = {
  Unreadable: {
    description: "The request cannot be read, or breaks its schema; `errors` names every field.",
    name: "invalid-request",
    title: "The request does not fit",
    status: 400,
    detail: "/name is required. Nothing was changed.",
  },
  Unauthenticated: {
    description: "No identity, or a key that is not valid. Nothing was changed.",
    name: "unauthenticated",
    title: "No identity",
    status: 401,
    detail: "Sign in, or send an API key as `Authorization: Bearer …` or `X-API-Key`.",
  },
  Forbidden: {
    description: "The caller may not do this. Nothing was changed.",
    name: "permission-denied",
    title: "Not allowed",
    status: 403,
    detail:
      "This needs the permission flag.publish. Ask an owner of the workspace. Nothing was changed.",
  },
  Absent: {
    description: "It is not there, or hidden from the caller.",
    name: "not-found",
    title: "Not found",
    status: 404,
    detail: "There is no flag here, or it is hidden from you.",
  },
  Refused: {
    description:
      "`type` names the reason, `detail` the way out: 409 conflicts with the present state, 412 and 428 a version that is stale or missing, 422 against a rule, 429 too many calls (`Retry-After`).",
    name: "stale-version",
    title: "Somebody changed it meanwhile",
    status: 412,
    detail:
      "Read it again and repeat your change with the new version in `If-Match`. Nothing was changed.",
  },
  Broken: {
    description:
      "A fault or a limit of this server. A change happened whole or not at all; read the object before you repeat it.",
    name: "internal",
    title: "Something broke on our side",
    status: 500,
    detail: "The fault is in the server's log under this request's id.",
  },
} as const satisfies Readonly<Record<string, Refusal>>;

type RefusalName = keyof typeof REFUSALS;

function responseOf({ description, name, title, status, detail }: Refusal): object {
  const instance = "/api/v1/…#0193a000-0000-7000-8000-000000000001";
  const type = `https://paceline.dev/problems/${name}`;
  return {
    description,
    content: {
      "application/problem+json": {
        schema: { $ref: "#/components/schemas/Problem" },
        example: { type, title, status, detail, instance },
      },
    },
  };
}

/** A place that `finishDocument` fills: the library knows no references to answers. */
const place = (name: RefusalName) => ({ description: `→ ${name}` });

function errorsOf(schema: FastifySchema, access: RouteAccess): Readonly<Record<string, object>> {
  const { body, querystring, params } = schema;
  const hasInput = body !== undefined || querystring !== undefined || params !== undefined;
  return {
    ...(hasInput ? { 400: place("Unreadable") } : {}),
    ...(access === "public" ? {} : { 401: place("Unauthenticated") }),
    ...(access === "public" || access === "signed-in" ? {} : { 403: place("Forbidden") }),
    ...(params === undefined ? {} : { 404: place("Absent") }),
    "4xx": place("Refused"),
    "5xx": place("Broken"),
  };
}

/** A name for programs made from the reference: `postFlagsKeyArchive` for `POST /api/v1/flags/:key/archive`. */
function operationId(method: string, url: string): string {
  const words = url
    .replace(/^\/api\/v1\//, "")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  return (
    method.toLowerCase() +
    words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")
  );
}

/** Completes what the reference says of a route: who may call it, how it refuses, its name and chapter. */
export const describeRoute: SwaggerTransform = ({ schema, url, route }) => {
  const access = route.config?.permission;
  if (schema?.hide === true || !isRouteAccess(access)) return { schema, url };
  const [method = "get"] = [route.method].flat();
  const { description, tags, response } = schema;
  const answers = typeof response === "object" && response !== null ? response : { 200: {} };
  const caller = access === "public" ? null : describeAccess(access);
  const chapter = caller?.chapter ?? null;
  return {
    url,
    schema: {
      ...schema,
      operationId: operationId(method, url),
      ...(caller === null
        ? {}
        : {
            description: [description, caller.words].filter(Boolean).join("\n\n"),
            security: caller.security,
          }),
      ...(tags === undefined && chapter !== null ? { tags: [chapter] } : {}),
      response: { ...errorsOf(schema, access), ...answers },
    },
  };
};

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `anyOf` of single texts, which say nothing else of themselves, as one list of texts. */
function textsOf(schema: Readonly<Record<string, unknown>>): readonly unknown[] | null {
  const { anyOf } = schema;
  if (!Array.isArray(anyOf) || anyOf.length < 2) return null;
  const texts = anyOf.flatMap((one: unknown) =>
    isObject(one) &&
    Object.keys(one).length === 2 &&
    one["type"] === "string" &&
    Array.isArray(one["enum"])
      ? one["enum"]
      : [null],
  );
  return texts.includes(null) ? null : texts;
}

function finished(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((item) => finished(item, key));
  if (!isObject(value)) return value;
  const { description } = value;
  const name =
    typeof description === "string" && description.startsWith("→ ") ? description.slice(2) : null;
  if (name !== null) return { $ref: `#/components/responses/${name}` };
  const texts = textsOf(value);
  const { anyOf: _, ...rest } = value;
  const entries = Object.entries(texts === null ? value : { type: "string", enum: texts, ...rest });
  const one = Object.fromEntries(entries.map(([inner, of]) => [inner, finished(of, inner)]));
  return description === "Default Response"
    ? { ...one, description: STATUS_CODES[key] ?? "OK" }
    : one;
}

/** The last step of the reference: shared answers are named once, and lists of texts are lists. */
export function finishDocument(document: object): Readonly<Record<string, unknown>> {
  const { paths, components, ...rest }: Readonly<Record<string, unknown>> = { ...document };
  const responses = Object.fromEntries(
    Object.entries(REFUSALS).map(([name, refusal]) => [name, responseOf(refusal)]),
  );
  const shared = isObject(components) ? { ...components, responses } : { responses };
  return { ...rest, components: finished(shared, ""), paths: finished(paths, "") };
}
