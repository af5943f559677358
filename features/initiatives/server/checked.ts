import type { Static, TSchema } from "typebox";
import { Value } from "typebox/value";

/**
 * The value as its schema describes it; nothing is converted.
 *
 * @throws Error if it does not fit: what we stored or computed ourselves always does
 */
export function checked<T extends TSchema>(schema: T, value: unknown): Static<T> {
  if (Value.Check(schema, value)) return value;
  const [first] = Value.Errors(schema, value);
  throw new Error(
    `stored value does not fit: ${first?.instancePath ?? ""} ${first?.message ?? ""}`,
  );
}
