import { isFields } from "./json-object.ts";
import { pointerSteps } from "./plan-schema.ts";

/**
 * One change of an event as sent. Places are JSON pointers into it; the step `*` stands for every
 * entry of a list.
 */
export type EventEdit =
  | { readonly kind: "rename"; readonly to: string }
  | { readonly kind: "move"; readonly from: string; readonly to: string }
  | {
      readonly kind: "convert";
      readonly path: string;
      readonly to: "number" | "text" | "boolean";
    }
  | { readonly kind: "delete"; readonly path: string }
  | { readonly kind: "set"; readonly path: string; readonly value: unknown };

/** Edits of one mapping at most: each is applied to every event that it fits. */
export const MAX_EDITS = 50;

/** Why an edit cannot be used. */
export interface EditFault {
  readonly index: number;
  readonly reason: string;
}

/**
 * What is wrong with a list of edits.
 *
 * @param reach `event` may change anything, `body` only properties, traits and the name: what is
 * done at the door must leave an event's person, instant and id alone
 */
export function editFaults(
  edits: readonly EventEdit[],
  reach: "event" | "body",
): readonly EditFault[] {
  if (edits.length > MAX_EDITS)
    return [{ index: MAX_EDITS, reason: `may be ${MAX_EDITS} at most` }];
  return edits.flatMap((edit, index) => {
    if (edit.kind === "rename") {
      return edit.to === "" ? [{ index, reason: "needs the new name" }] : [];
    }
    const places = edit.kind === "move" ? [edit.from, edit.to] : [edit.path];
    const reason = places.map((place) => placeFault(place, reach)).find((fault) => fault !== null);
    if (reason !== undefined && reason !== null) return [{ index, reason }];
    if (edit.kind === "move" && (edit.from.includes("/*") || edit.to.includes("/*"))) {
      return [{ index, reason: "a move names one place, not every entry of a list" }];
    }
    return [];
  });
}

const BODY = /^\/(?:properties|traits)\//;

function placeFault(place: string, reach: "event" | "body"): string | null {
  if (!place.startsWith("/"))
    return `${place || "the place"} is no JSON pointer, such as /properties/price`;
  const steps = pointerSteps(place);
  if (steps.includes("__proto__")) return "__proto__ is no property";
  if (reach === "body" && !BODY.test(place)) {
    return "a mapping at the door changes what is below /properties or /traits, or the name";
  }
  return steps[0] === "messageId" || steps[0] === "uuid"
    ? "the message id stays: it keeps the event from counting twice"
    : null;
}

/** The event as sent with the edits made, one after the other. Nothing that is passed in is changed. */
export function applyEdits(raw: unknown, edits: readonly EventEdit[]): unknown {
  return edits.reduce<unknown>((event, edit) => applyEdit(event, edit), raw);
}

function applyEdit(raw: unknown, edit: EventEdit): unknown {
  switch (edit.kind) {
    case "rename": {
      const named = isFields(raw) && raw["event"] === undefined && raw["name"] !== undefined;
      return written(raw, [named ? "name" : "event"], () => edit.to);
    }
    case "set":
      return written(raw, pointerSteps(edit.path), () => edit.value);
    case "delete":
      return changed(raw, pointerSteps(edit.path), () => GONE);
    case "convert":
      return changed(raw, pointerSteps(edit.path), (value) => converted(value, edit.to));
    case "move": {
      const value = valueAt(raw, edit.from);
      if (value === undefined) return raw;
      const without = changed(raw, pointerSteps(edit.from), () => GONE);
      return written(without, pointerSteps(edit.to), () => value);
    }
  }
}

/** The value at a pointer; undefined where there is none. */
export function valueAt(raw: unknown, pointer: string): unknown {
  let place = raw;
  for (const step of pointerSteps(pointer)) {
    if (Array.isArray(place)) place = place[Number(step)];
    else place = isFields(place) && Object.hasOwn(place, step) ? place[step] : undefined;
  }
  return place;
}

const GONE = Symbol("gone");
type Change = (value: unknown) => unknown;

/** Changes what is there; places that the event does not have stay absent. */
function changed(value: unknown, steps: readonly string[], change: Change): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return change(value);
  if (Array.isArray(value)) {
    return value
      .map((entry, index): unknown =>
        step === "*" || String(index) === step ? changed(entry, rest, change) : entry,
      )
      .filter((entry) => entry !== GONE);
  }
  if (!isFields(value) || !Object.hasOwn(value, step)) return value;
  const next = changed(value[step], rest, change);
  if (next !== GONE) return { ...value, [step]: next };
  const { [step]: _gone, ...others } = value;
  return others;
}

/** Writes a value, and makes the objects on the way to it. */
function written(value: unknown, steps: readonly string[], change: Change): unknown {
  const [step, ...rest] = steps;
  if (step === undefined) return change(value);
  if (Array.isArray(value)) {
    return value.map((entry, index): unknown =>
      step === "*" || String(index) === step ? written(entry, rest, change) : entry,
    );
  }
  // A text or a number on the way is somebody's value, not a place for members.
  if (!isFields(value) && value !== undefined && value !== null) return value;
  const fields = isFields(value) ? value : {};
  return { ...fields, [step]: written(fields[step], rest, change) };
}

/** What cannot be converted without guessing stays as it is, and is then judged as it is. */
function converted(value: unknown, to: "number" | "text" | "boolean"): unknown {
  if (to === "text") {
    return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  }
  if (to === "boolean") {
    if (value === "true" || value === 1 || value === "1") return true;
    return value === "false" || value === 0 || value === "0" ? false : value;
  }
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "string" || !NUMBER.test(value.trim())) return value;
  const number = Number(value.trim());
  return Number.isFinite(number) ? number : value;
}

const NUMBER = /^[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?$/;
