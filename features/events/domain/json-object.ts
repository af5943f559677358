export type Fields = Readonly<Record<string, unknown>>;

/** Whether a JSON value is an object with named members. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The JSON text of an object with one member set, whatever it had under that name. */
export function withMember(object: string, name: string, value: string): string {
  const key = JSON.stringify(name);
  if (!object.includes(key)) {
    return object === "{}" ? `{${key}:${value}}` : `{${key}:${value},${object.slice(1)}`;
  }
  const parsed: unknown = JSON.parse(object);
  const member: unknown = JSON.parse(value);
  return JSON.stringify({ ...(isFields(parsed) ? parsed : {}), [name]: member });
}
