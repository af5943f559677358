import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

/** NIST SP 800-63B-4: length counts, composition rules do not. */
export const PASSWORD_MIN_LENGTH = 12;
/** Enough for any passphrase; bounds the work of hashing a hostile one. */
export const PASSWORD_MAX_LENGTH = 256;
const LEAST_DIFFERENT_CHARACTERS = 5;

export type PasswordError =
  | { readonly kind: "password-too-short"; readonly minLength: number }
  | { readonly kind: "password-too-long"; readonly maxLength: number }
  | { readonly kind: "password-guessable" };

/** The form in which a password is hashed: the same key strokes give the same text on every system. */
export function normalisePassword(password: string): string {
  return password.normalize("NFKC");
}

/**
 * Whether a new password is acceptable.
 *
 * @param personal  texts that name the person; a password must not contain one of 4 letters or more
 */
export function decidePassword(
  password: string,
  personal: readonly string[],
): Result<string, PasswordError> {
  const text = normalisePassword(password);
  const length = Array.from(text).length;
  if (length < PASSWORD_MIN_LENGTH)
    return err({ kind: "password-too-short", minLength: PASSWORD_MIN_LENGTH });
  if (length > PASSWORD_MAX_LENGTH)
    return err({ kind: "password-too-long", maxLength: PASSWORD_MAX_LENGTH });
  const lower = text.toLowerCase();
  const words = personal
    .flatMap((entry) => [entry, ...entry.split(/[^\p{L}\p{N}]+/u)])
    .map((word) => word.toLowerCase())
    .filter((word) => word.length >= 4);
  const guessable =
    new Set(lower).size < LEAST_DIFFERENT_CHARACTERS ||
    words.some((word) => lower.includes(word) && lower.length - word.length < PASSWORD_MIN_LENGTH);
  return guessable ? err({ kind: "password-guessable" }) : ok(text);
}
