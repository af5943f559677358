import type { Difference } from "../../domain/diff.ts";

function shown(value: unknown): string {
  return value === undefined ? "" : JSON.stringify(value);
}

/** "rules › half › exposureShare" for a JSON pointer. */
function placeWords(pointer: string): string {
  const parts = pointer
    .split("/")
    .filter((part) => part !== "" && part !== "configuration")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return parts.length === 0 ? "everything" : parts.join(" › ");
}

/** What differs, one place a line: before in red, after in green, both with their sign. */
export function Differences(props: { differences: readonly Difference[] }) {
  return (
    <ul className="flex flex-col gap-3">
      {props.differences.map(({ pointer, before, after }) => (
        <li key={pointer}>
          <code className="font-mono text-small text-fg2">{placeWords(pointer)}</code>
          {before !== undefined && (
            <del className="mt-1 block rounded-badge bg-negative-tint px-2 py-0.5 font-mono text-small break-all text-negative no-underline">
              <span className="sr-only">before </span>− {shown(before)}
            </del>
          )}
          {after !== undefined && (
            <ins className="mt-1 block rounded-badge bg-positive-tint px-2 py-0.5 font-mono text-small break-all text-positive no-underline">
              <span className="sr-only">after </span>+ {shown(after)}
            </ins>
          )}
        </li>
      ))}
    </ul>
  );
}
