import { RE2JS } from "re2js";

/** Compiling a pattern takes milliseconds, and plans share few of them. */
const KEPT = 500;
const compiled = new Map<string, RE2JS | null>();

/**
 * A pattern compiled for RE2's algorithm, which takes linear time whatever the text.
 *
 * @returns null if there is no such form of it: look-around and back-references have none
 */
export function linearPattern(pattern: string): RE2JS | null {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const expression = compile(pattern);
  // The oldest goes first; whoever still uses it keeps it.
  const [oldest] = compiled.keys();
  if (compiled.size >= KEPT && oldest !== undefined) compiled.delete(oldest);
  compiled.set(pattern, expression);
  return expression;
}

function compile(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern));
  } catch {
    return null;
  }
}
