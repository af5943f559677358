/** One field that broke a rule; `pointer` is a JSON pointer into the body, such as `/name`. */
export type FieldFault = { readonly pointer: string; readonly detail: string };

/** Whether a refused or failed request may have changed something. */
export type ChangeOutcome = "unchanged" | "unknown";

/** An answer that is not a success: RFC 9457 problem details, or no answer at all (`status` 0). */
export class ApiProblem extends Error {
  /** Last part of the type URI, such as `criterion-locked`; `offline` without an answer. */
  readonly kind: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly faults: readonly FieldFault[];
  readonly outcome: ChangeOutcome;
  readonly requestId: string | undefined;
  /** Further members of the document, as they came. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(init: {
    kind: string;
    status: number;
    title: string;
    detail: string;
    faults?: readonly FieldFault[];
    outcome?: ChangeOutcome;
    requestId?: string | undefined;
    extensions?: Readonly<Record<string, unknown>>;
    cause?: unknown;
  }) {
    super(`${init.title}: ${init.detail}`, { cause: init.cause });
    this.name = "ApiProblem";
    this.kind = init.kind;
    this.status = init.status;
    this.title = init.title;
    this.detail = init.detail;
    this.faults = init.faults ?? [];
    this.outcome = init.outcome ?? "unchanged";
    this.requestId = init.requestId;
    this.extensions = init.extensions ?? {};
  }

  /** What is wrong with one field of the form, or undefined. */
  faultAt(pointer: string): string | undefined {
    return this.faults.find((fault) => fault.pointer === pointer)?.detail;
  }
}

/** Narrows anything that was thrown to a problem that a screen can show. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem({
    kind: "unexpected",
    status: 0,
    title: "This part of the page stopped working",
    detail: error instanceof Error ? error.message : "An unexpected error happened in the browser.",
    outcome: "unknown",
    cause: error,
  });
}

/** The problem when no answer came: the server is away, or the network is. */
export function offlineProblem(reading: boolean, cause: unknown): ApiProblem {
  return new ApiProblem({
    kind: "offline",
    status: 0,
    title: "Paceline does not answer",
    detail: reading
      ? "The server cannot be reached. Check that it runs; this page tries again by itself."
      : "The server cannot be reached, so it is not known whether your change was saved. Trying again is safe: it is never applied twice.",
    outcome: reading ? "unchanged" : "unknown",
    cause,
  });
}

type RequestFacts = { readonly reading: boolean; readonly requestId?: string | undefined };

/** Reads a problem document; anything else becomes a problem by its status alone. */
export function readProblem(status: number, document: unknown, facts: RequestFacts): ApiProblem {
  const members = isRecord(document) ? document : {};
  const { type, title, detail, errors, ...rest } = members;
  const uncertain = status >= 500 && !facts.reading;
  return new ApiProblem({
    kind: typeof type === "string" ? (type.split("/").at(-1) ?? "unknown") : `http-${status}`,
    status,
    title: typeof title === "string" ? title : `The server answered ${status}`,
    detail:
      typeof detail === "string"
        ? detail
        : "No reason was given. Try again, or ask whoever runs it.",
    faults: readFaults(errors),
    outcome: uncertain ? "unknown" : "unchanged",
    requestId: facts.requestId,
    extensions: rest,
  });
}

function readFaults(errors: unknown): FieldFault[] {
  if (!Array.isArray(errors)) return [];
  return errors.flatMap((error: unknown) =>
    isRecord(error) && typeof error["pointer"] === "string" && typeof error["detail"] === "string"
      ? [{ pointer: error["pointer"], detail: error["detail"] }]
      : [],
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
