/**
 * What a check of foreign bytes answers. The same shape as `Result` of `@paceline/result`, declared
 * here because this package is shipped to auditors and may depend on nothing but `node:crypto`.
 */
export type Outcome<T, E = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export function accept<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function refuse<E>(error: E): { readonly ok: false; readonly error: E } {
  return { ok: false, error };
}
