/** What stands in the place of an erased identifier. */
const ERASED = '"[erased]"';

/** Identifiers of so many characters are taken for personal inside longer texts, too. */
const LONG_ENOUGH_INSIDE = 8;
/** Shorter ones are looked for between quotation marks only: "1" is in every text. */
const LONG_ENOUGH_BARE = 4;
/** Numbers of so many digits that equal an identifier are ids, and not prices. */
const ID_DIGITS = 8;

/** JSON's texts and numbers, in the order of the document: the first quotation mark opens a text. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

const WORD = /[\p{L}\p{N}]/u;

/**
 * Pieces of JSON text of which at least one is in every document that mentions an identifier:
 * finding one is cheap and proves nothing.
 */
export function needlesOf(identifier: string): readonly string[] {
  const body = JSON.stringify(identifier).slice(1, -1);
  const bodies = [body, JSON.stringify(body).slice(1, -1), escapedToAscii(body)];
  const bare = identifier.length >= LONG_ENOUGH_BARE;
  const plain = bodies.flatMap((text) => (bare ? [text] : [`"${text}"`, `\\"${text}\\"`]));
  return [...new Set([...plain, ...(bare ? encodings(identifier) : [])])];
}

/**
 * A JSON document with `[erased]` in place of every text that is one of the identifiers, that holds
 * one of at least 8 characters as a word of its own, or that is its Base64; the same document if
 * there is none. Everything else stays as it was written, to the byte.
 */
export function redact(json: string, identifiers: readonly string[]): string {
  return json.replaceAll(TOKEN, (token) =>
    (token.startsWith('"') ? textMentions(token, identifiers) : numberIs(token, identifiers))
      ? ERASED
      : token,
  );
}

function textMentions(token: string, identifiers: readonly string[]): boolean {
  const parsed: unknown = JSON.parse(token);
  const value = String(parsed);
  return identifiers.some(
    (identifier) =>
      value === identifier ||
      value.includes(JSON.stringify(identifier)) ||
      (identifier.length >= LONG_ENOUGH_INSIDE && holdsWord(value, identifier)) ||
      (identifier.length >= LONG_ENOUGH_BARE && encodings(identifier).includes(unpadded(value))),
  );
}

function numberIs(token: string, identifiers: readonly string[]): boolean {
  return token.length >= ID_DIGITS && identifiers.includes(token);
}

/** Whether a text holds a word that is not a part of a longer one. */
function holdsWord(value: string, word: string): boolean {
  for (let at = value.indexOf(word); at !== -1; at = value.indexOf(word, at + 1)) {
    const before = value.slice(0, at).at(-1) ?? "";
    const after = value.at(at + word.length) ?? "";
    if (!WORD.test(before) && !WORD.test(after)) return true;
  }
  return false;
}

function encodings(identifier: string): readonly string[] {
  const bytes = Buffer.from(identifier, "utf8");
  return [...new Set([unpadded(bytes.toString("base64")), bytes.toString("base64url")])];
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, "");
}

/** As clients write JSON that escape everything beyond ASCII. */
function escapedToAscii(body: string): string {
  return body.replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
