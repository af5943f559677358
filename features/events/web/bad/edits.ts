import type { EventEdit } from "../../domain/index.ts";

export const EDIT_KINDS = ["convert", "move", "set", "delete", "rename"] as const;
export type EditKind = (typeof EDIT_KINDS)[number];

/** An edit while it is being written. */
export interface EditDraft {
  readonly id: number;
  readonly kind: EditKind;
  readonly path: string;
  readonly to: string;
}

const TARGETS = ["number", "text", "boolean"] as const;

/** The edit that a draft describes; null while something is missing. */
export function editOf({ kind, path, to }: EditDraft): EventEdit | null {
  if (kind === "rename") return to === "" ? null : { kind, to };
  if (!path.startsWith("/")) return null;
  if (kind === "delete") return { kind, path };
  if (kind === "move") return to.startsWith("/") ? { kind, from: path, to } : null;
  if (kind === "convert") return { kind, path, to: TARGETS.find((one) => one === to) ?? "number" };
  return to === "" ? null : { kind, path, value: valueOf(to) };
}

/** What is no JSON is meant as a text. */
function valueOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return text;
  }
}

/** What most likely mends a fault, to begin with. */
export function firstDraft(path: string, reason: string): EditDraft {
  if (reason.startsWith("must be a number") || reason.startsWith("must be a whole number")) {
    return { id: 1, kind: "convert", path, to: "number" };
  }
  if (reason.startsWith("must be a text")) return { id: 1, kind: "convert", path, to: "text" };
  if (reason.startsWith("must be true or false")) {
    return { id: 1, kind: "convert", path, to: "boolean" };
  }
  if (reason === "is not in the plan") return { id: 1, kind: "delete", path, to: "" };
  if (reason.startsWith("is missing")) return { id: 1, kind: "move", path: "", to: path };
  return { id: 1, kind: "set", path, to: "" };
}
