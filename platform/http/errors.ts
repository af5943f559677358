import { PermissionDenied } from "@paceline/command";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";

import { Problem, PROBLEM_TYPE, problemDocument } from "./problem.ts";
import type { FieldFault, ProblemDetails } from "./problem.ts";
import { ofTheMeantForm } from "./union-faults.ts";
import type { Fault } from "./union-faults.ts";

const PARTS: Readonly<Record<string, string>> = {
  querystring: "query",
  params: "path",
  headers: "header",
};

function textParam(fault: Fault, name: string): string | null {
  const value = fault.params[name];
  return typeof value === "string" ? value : null;
}

function fieldFault(fault: Fault, part: string): FieldFault {
  const prefix = PARTS[part] ?? "";
  const missing = textParam(fault, "missingProperty");
  const extra = textParam(fault, "additionalProperty");
  const name = missing ?? extra;
  const path = name === null ? fault.instancePath : `${fault.instancePath}/${name}`;
  const allowed = fault.params["allowedValues"];
  const detail =
    missing !== null
      ? "is required"
      : extra !== null
        ? "is not a known field; remove it"
        : Array.isArray(allowed)
          ? `must be one of ${allowed.join(", ")}`
          : (fault.message ?? "is invalid");
  return { pointer: prefix === "" ? path : `${prefix}${path}`, detail };
}

/**
 * A choice is told once: the values that are allowed, or what its alternatives say, and not besides
 * that none of them fitted.
 */
function distinctFaults(faults: readonly Fault[]): readonly Fault[] {
  const places = Map.groupBy(faults, ({ instancePath }) => instancePath);
  return [...places.values()].flatMap((here) => {
    const others = here.filter(({ keyword }) => keyword !== "anyOf");
    const [first, ...more] = others.filter(({ keyword }) => keyword === "const");
    if (first === undefined || more.length === 0) return others.length === 0 ? here : others;
    const allowedValues = [first, ...more].map(({ params }) => params["allowedValue"]);
    return [
      { ...first, params: { allowedValues } },
      ...others.filter(({ keyword }) => keyword !== "const"),
    ];
  });
}

function validationProblem(error: FastifyError, faults: readonly Fault[]): ProblemDetails {
  const errors = distinctFaults(ofTheMeantForm(faults)).map((fault) =>
    fieldFault(fault, error.validationContext ?? "body"),
  );
  return {
    name: "invalid-request",
    title: "The request does not fit",
    status: 400,
    detail: `${errors.map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ")}. Nothing was changed.`,
    errors,
  };
}

const CLIENT_FAULTS: Readonly<Record<number, { readonly name: string; readonly title: string }>> = {
  400: { name: "unreadable", title: "The request cannot be read" },
  404: { name: "not-found", title: "Not found" },
  405: { name: "method-not-allowed", title: "Method not allowed" },
  413: { name: "too-large", title: "The body is too large" },
  415: { name: "unsupported-media-type", title: "This content type is not read here" },
  429: { name: "too-many-requests", title: "Too many requests" },
};

function toDetails(error: FastifyError): ProblemDetails {
  if (error.validation !== undefined) return validationProblem(error, error.validation);
  const status = error.statusCode ?? 500;
  const known = CLIENT_FAULTS[status];
  if (known !== undefined) return { ...known, status, detail: error.message };
  return {
    name: "internal",
    title: "Something broke on our side",
    status: 500,
    detail:
      "The fault is in the server's log under this request's id. A change either happened whole or not at all; read the object again before you repeat it.",
  };
}

function detailsOf(error: unknown): ProblemDetails {
  if (error instanceof Problem) return error.details;
  if (error instanceof PermissionDenied) {
    return {
      name: "permission-denied",
      title: "Not allowed",
      status: 403,
      detail: `This needs the permission ${error.permission}. Ask an owner of the workspace. Nothing was changed.`,
      extensions: { permission: error.permission },
    };
  }
  return toDetails(
    error instanceof Error
      ? Object.assign(error, { code: "", name: error.name })
      : Object.assign(new Error("thrown value"), { code: "" }),
  );
}

/** The outermost handler: every error leaves as problem details; only bugs are logged as errors. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const details = detailsOf(error);
  if (details.status >= 500) request.log.error({ err: error }, "request failed");
  for (const [name, value] of Object.entries(details.headers ?? {})) void reply.header(name, value);
  void reply
    .status(details.status)
    .header("content-type", PROBLEM_TYPE)
    .send(
      JSON.stringify(problemDocument(details, `${request.url.split("?")[0] ?? ""}#${request.id}`)),
    );
}
