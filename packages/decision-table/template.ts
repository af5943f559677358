import { didYouMean } from "./cell.ts";
import { factInWords } from "./facts.ts";
import type { FactDefinition, FactState } from "./facts.ts";

/** A sentence with the values of facts in it. */
export type Template = (states: ReadonlyMap<string, FactState>) => string;

const PLACEHOLDER = /\{([A-Za-z][A-Za-z0-9]*)\}/;

/**
 * Compiles a sentence such as `It takes {durationWeeks}.`; an unknown fact reads "not yet known".
 *
 * @returns the template, or in words which placeholder names no fact
 */
export function compileTemplate(
  text: string,
  catalog: ReadonlyMap<string, FactDefinition>,
): Template | string {
  // Splitting at a group keeps the names: even parts are text, odd parts are names.
  const parts = text.split(new RegExp(PLACEHOLDER, "g"));
  const stranger = parts.find((part, index) => index % 2 === 1 && !catalog.has(part));
  if (stranger !== undefined) {
    return `There is no fact ${stranger} for the words "${text}".${didYouMean(stranger, catalog.keys())}`;
  }
  if (parts.length === 1) return () => text;
  return (states) => {
    let words = "";
    for (const [index, part] of parts.entries()) {
      if (index % 2 === 0) {
        words += part;
        continue;
      }
      const state = states.get(part);
      const type = catalog.get(part)?.type;
      const known = state?.status === "known" && type !== undefined;
      words += known ? factInWords(type, state.value) : "not yet known";
    }
    return words;
  };
}
