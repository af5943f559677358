import type { PersonKind, Tone } from "@paceline/web-kit";

import type { AuditEntry } from "../api.ts";

/** The nouns of actions; an address may name any other action, too. */
export const actionGroups = [
  { value: "", label: "All actions" },
  { value: "initiative.*", label: "Initiatives" },
  { value: "experiment.*", label: "Experiments" },
  { value: "flag.*", label: "Flags" },
  { value: "rollback.*", label: "Rollbacks" },
  { value: "guard.*", label: "Guards" },
  { value: "alert.*", label: "Alerts" },
  { value: "metric.*", label: "Metrics" },
  { value: "member.*", label: "Members" },
  { value: "session.*", label: "Sessions" },
  { value: "key.*", label: "API keys" },
  { value: "environment.*", label: "Environments" },
  { value: "policy.*", label: "Decision policy" },
  { value: "personal.*", label: "Erasures" },
  { value: "password.*", label: "Passwords" },
  { value: "workspace.*", label: "Workspace" },
  { value: "sample.*", label: "Sample data" },
] as const;

/** Parts of the server that act by themselves. */
export const serviceNames = ["scheduler", "monitor", "guards", "sample"] as const;

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/** The first instant of a calendar day, UTC; undefined for what is no day. */
export function startOfDay(day: string): string | undefined {
  const at = DAY.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** The instant at which a calendar day has ended, UTC. */
export function endOfDay(day: string): string | undefined {
  const start = startOfDay(day);
  return start === undefined ? undefined : new Date(Date.parse(start) + DAY_MS).toISOString();
}

export function kindOf({ actor }: AuditEntry): PersonKind {
  return actor.kind === "key" || actor.kind === "service" ? actor.kind : "person";
}

export function nameOf({ actor }: AuditEntry): string {
  return actor.name ?? (actor.kind === "service" ? actor.id : `Erased ${actor.kind}`);
}

/** The tone of what an action means to customers; most mean nothing to them. */
export function toneOf(action: string): Tone {
  if (action === "rollback.execute") return "negative";
  if (action === "initiative.escalate" || action.endsWith(".remove")) return "caution";
  return "plain";
}

function factOf(detail: unknown, name: string): unknown {
  return typeof detail === "object" && detail !== null ? Reflect.get(detail, name) : undefined;
}

function textFact({ detail }: AuditEntry, name: string): string | undefined {
  const value = factOf(detail, name);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function personalFact({ personal }: AuditEntry, wanted: string): string | undefined {
  return personal.find(({ name }) => name === wanted)?.value ?? undefined;
}

const shortIdLength = 8;

/** What an entry is about: its name where the entry holds one, else its kind and the start of its id. */
export function subjectWords(entry: AuditEntry): string {
  const { kind, id } = entry.subject;
  const named =
    personalFact(entry, "title") ??
    personalFact(entry, "name") ??
    textFact(entry, "name") ??
    textFact(entry, "key");
  const noun = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
  const shown = named ?? (DIGEST_OR_ID.test(id) ? `…${id.slice(-shortIdLength)}` : id);
  return `${noun} ${shown}`;
}

const summarized = new Set(["key", "name", "title"]);
const summaryFacts = 3;
const DIGEST_OR_ID = /^(?:[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f-]{27})$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

function factWords([name, value]: readonly [string, unknown]): string | null {
  if (typeof value === "number") return `${name} ${value}`;
  if (typeof value !== "string" || DIGEST_OR_ID.test(value)) return null;
  return `${name} ${INSTANT.test(value) ? value.slice(0, 16).replace("T", " ") : value}`;
}

/** The reason that an entry gives, or else its first plain facts, in one line. */
export function detailWords({ detail }: AuditEntry): string {
  if (typeof detail !== "object" || detail === null) return "";
  const reason = factOf(detail, "reason") ?? factOf(factOf(detail, "analysis"), "reason");
  if (typeof reason === "string") return reason;
  return Object.entries(detail)
    .filter(([name]) => !summarized.has(name))
    .map(factWords)
    .filter((words) => words !== null)
    .slice(0, summaryFacts)
    .join(" · ");
}

/** The page of what an entry is about; null where there is none. */
export function subjectAddress(entry: AuditEntry): string | null {
  const { kind, id } = entry.subject;
  if (kind === "initiative") return `/initiatives/${id}`;
  if (kind === "experiment") return `/experiments/${id}`;
  const key = textFact(entry, "key");
  if (kind === "environment") return "/settings/environments";
  if (kind === "person") return "/settings/members";
  if (kind === "key") return "/settings/keys";
  if (kind === "workspace") return "/settings/workspace";
  if (kind === "policy") return "/initiatives/policy";
  if (kind === "flag" && key !== undefined) return `/flags/${encodeURIComponent(key)}`;
  return null;
}
