import type { Static, TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { Value } from "typebox/value";

/** What the compiled form of a schema is used for. */
interface Check {
  readonly Check: (value: unknown) => boolean;
}

// Interpreting the schema of a decision took two thirds of the time of deciding; schemas are few and
// live as long as the process.
const compiled = new WeakMap<TSchema, Check>();

function compiledCheck(schema: TSchema): Check {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const validator = Compile(schema);
  const check: Check = { Check: (value) => validator.Check(value) };
  compiled.set(schema, check);
  return check;
}

function fits<T extends TSchema>(schema: T, value: unknown): value is Static<T> {
  return compiledCheck(schema).Check(value);
}

/**
 * The value as its schema describes it; nothing is converted.
 *
 * @throws Error if it does not fit: what we stored or computed ourselves always does
 */
export function checked<T extends TSchema>(schema: T, value: unknown): Static<T> {
  if (fits(schema, value)) return value;
  const [first] = Value.Errors(schema, value);
  throw new Error(
    `stored value does not fit: ${first?.instancePath ?? ""} ${first?.message ?? ""}`,
  );
}
