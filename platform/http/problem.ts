import { Type } from "typebox";
import type { Static } from "typebox";

const BASE = "https://paceline.dev/problems/";

export const PROBLEM_TYPE = "application/problem+json; charset=utf-8";

/** One field of the request that broke a rule. */
export interface FieldFault {
  /** JSON pointer into the body, or `query/<name>`, `path/<name>`, `header/<name>`. */
  readonly pointer: string;
  /** The rule that was broken and the way out, in words. */
  readonly detail: string;
}

/** What a problem says apart from the request that met it. */
export interface ProblemDetails {
  /** Last part of the absolute `type` URI, for example `criterion-locked`; never reused. */
  readonly name: string;
  readonly title: string;
  readonly status: number;
  /** What happened, whether anything changed, and what to do. */
  readonly detail: string;
  readonly errors?: readonly FieldFault[];
  /** Further members of the document (RFC 9457 §3.2), for example the rules that refused. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by routes; the outermost handler answers it as `application/problem+json` (RFC 9457). */
export class Problem extends Error {
  readonly details: ProblemDetails;
  constructor(details: ProblemDetails) {
    super(details.detail);
    this.name = "Problem";
    this.details = details;
  }
}

/** Makes a problem to throw. */
export function problem(details: ProblemDetails): Problem {
  return new Problem(details);
}

/** The problem's document as it travels. */
export function problemDocument(
  details: ProblemDetails,
  instance: string,
): Record<string, unknown> {
  return {
    ...details.extensions,
    type: BASE + details.name,
    title: details.title,
    status: details.status,
    detail: details.detail,
    instance,
    ...(details.errors === undefined ? {} : { errors: details.errors }),
  };
}

/** Schema of every error answer. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ format: "uri" }),
    title: Type.String(),
    status: Type.Integer({ minimum: 400, maximum: 599 }),
    detail: Type.String(),
    instance: Type.String(),
    errors: Type.Optional(
      Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() })),
    ),
  },
  { $id: "Problem", additionalProperties: true },
);
export type ProblemDocument = Static<typeof ProblemSchema>;

/** The absent-or-hidden answer, the same for what does not exist and what belongs to others. */
export function notFound(what: string): Problem {
  return problem({
    name: "not-found",
    title: "Not found",
    status: 404,
    detail: `There is no ${what} here, or it is hidden from you.`,
  });
}
