import type { Difference } from "../../domain/diff.ts";
import { placeWords, shownValue } from "./difference-words.ts";

/** What differs, one place a line: before in red, after in green, both with their sign. */
export function Differences(props: { differences: readonly Difference[] }) {
  return (
    <ul className="flex flex-col gap-3">
      {props.differences.map(({ pointer, before, after }) => (
        <li key={pointer}>
          <span className="text-small break-words text-fg2">{placeWords(pointer)}</span>
          {before !== undefined && (
            <del className="mt-1 block rounded-badge bg-negative-tint px-2 py-0.5 font-mono text-small break-all text-negative no-underline">
              <span className="sr-only">before </span>− {shownValue(pointer, before)}
            </del>
          )}
          {after !== undefined && (
            <ins className="mt-1 block rounded-badge bg-positive-tint px-2 py-0.5 font-mono text-small break-all text-positive no-underline">
              <span className="sr-only">after </span>+ {shownValue(pointer, after)}
            </ins>
          )}
        </li>
      ))}
    </ul>
  );
}
