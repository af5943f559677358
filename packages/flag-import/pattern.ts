/** A compiled pattern, or one that never matches because it cannot be read. */
export type Test = (subject: string) => boolean;

const CLASSES: Readonly<Record<string, string>> = {
  alnum: "0-9A-Za-z",
  alpha: "A-Za-z",
  ascii: "\\x00-\\x7F",
  blank: "\\t ",
  cntrl: "\\x00-\\x1F\\x7F",
  digit: "0-9",
  graph: "!-~",
  lower: "a-z",
  print: " -~",
  punct: "!-\\/:-@\\[-`{-~",
  space: "\\t\\n\\v\\f\\r ",
  upper: "A-Z",
  word: "0-9A-Za-z_",
  xdigit: "0-9A-Fa-f",
};

// What RE2 refuses by design and JavaScript would run: look-around and back references.
const REFUSED = /(?<!\\)(?:\\\\)*(?:\(\?(?:=|!|<=|<!)|\\[1-9])/;

/** Compiles as JavaScript does. */
export function javaScriptPattern(source: string, flags = ""): Test {
  try {
    const pattern = new RegExp(source, flags);
    return (subject) => pattern.test(subject);
  } catch {
    return () => false;
  }
}

// An escape, a class, a change of flags, a group's opening, and everything else.
const TOKENS = /\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]|\(\?[ims]+\)|\(\?P<|\(|\)|[^]/gs;

function escapeOf(letter: string): string {
  if (letter === "A") return "(?<![^])";
  if (letter === "z") return "(?![^])";
  if (/\w/.test(letter)) return `\\${letter}`;
  // JavaScript's unicode mode escapes syntax characters only.
  if (letter === "-") return String.raw`\x2D`;
  return /[\^$\\.*+?()[\]{}|/]/.test(letter) ? `\\${letter}` : letter;
}

function classOf(source: string): string {
  return source
    .replaceAll(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole)
    .replaceAll(/\\(.)/gs, (_whole, letter: string) => escapeOf(letter));
}

/** The same pattern in JavaScript's syntax. */
function translated(source: string): string {
  // How many brackets close with each open group: a change of flags lasts to the end of its group.
  const open: number[] = [0];
  const out: string[] = [];
  for (const [token] of source.matchAll(TOKENS)) {
    if (/^\(\?[ims]+\)$/.test(token)) {
      open.push((open.pop() ?? 0) + 1);
      out.push(`${token.slice(0, -1)}:`);
    } else if (token === ")") {
      const flags = open.length > 1 ? (open.pop() ?? 0) : 0;
      out.push(")".repeat(flags + 1));
    } else if (token.startsWith("(")) {
      open.push(0);
      out.push(token === "(?P<" ? "(?<" : token);
    } else if (token.length > 1 && token.startsWith("[")) out.push(classOf(token));
    else out.push(token.startsWith("\\") ? escapeOf(token.slice(1)) : token);
  }
  return out.join("") + ")".repeat(open.reduce((sum, count) => sum + count, 0));
}

/**
 * Compiles a pattern in the syntax of RE2 (Go, Java and `re2js` clients): flags in the middle,
 * named groups, `\A`, `\z` and POSIX classes are rewritten; what RE2 refuses matches nothing.
 */
export function re2Pattern(source: string, ignoringCase = false): Test {
  if (REFUSED.test(source)) return () => false;
  return javaScriptPattern(translated(source), ignoringCase ? "iu" : "u");
}
