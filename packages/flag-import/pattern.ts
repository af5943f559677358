import { RE2JS } from "re2js";

/** A compiled pattern, or one that never matches because it cannot be read. */
export type Test = (subject: string) => boolean;

/** Compiles as JavaScript does; such a pattern may take long, see the README. */
export function javaScriptPattern(source: string, flags = ""): Test {
  try {
    const pattern = new RegExp(source, flags);
    return (subject) => pattern.test(subject);
  } catch {
    return () => false;
  }
}

/**
 * Compiles a pattern of RE2, whose time is linear in the subject: what Unleash's, Eppo's and
 * LaunchDarkly's clients in Go and others run. What RE2 refuses matches nothing.
 */
export function re2Pattern(source: string, ignoringCase = false): Test {
  try {
    const pattern = RE2JS.compile(source, ignoringCase ? RE2JS.CASE_INSENSITIVE : 0);
    return (subject) => pattern.matcher(subject).find();
  } catch {
    return () => false;
  }
}
