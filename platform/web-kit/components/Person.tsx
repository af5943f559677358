import { Cpu, KeyRound } from "lucide-react";

import { initialsOf } from "../format.ts";
import { classes } from "./classes.ts";

const discs = [
  "bg-person-1",
  "bg-person-2",
  "bg-person-3",
  "bg-person-4",
  "bg-person-5",
  "bg-person-6",
] as const;

function discOf(name: string): string {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return discs[sum % discs.length] ?? discs[0];
}

/** Who acts: a person, an API key, or a service of Paceline. */
export type PersonKind = "person" | "key" | "service";

export function PersonDisc(props: {
  name: string;
  kind?: PersonKind | undefined;
  large?: boolean | undefined;
}) {
  const kind = props.kind ?? "person";
  const size = props.large === true ? "size-6" : "size-5";
  if (kind !== "person") {
    const Icon = kind === "key" ? KeyRound : Cpu;
    return (
      <span
        aria-hidden
        className={classes("grid shrink-0 place-items-center rounded-full bg-hover text-fg2", size)}
      >
        <Icon className="size-3" />
      </span>
    );
  }
  return (
    <span
      aria-hidden
      className={classes(
        "grid shrink-0 place-items-center rounded-full text-[0.5625rem] leading-none font-semibold text-on-person",
        size,
        discOf(props.name),
      )}
    >
      {initialsOf(props.name)}
    </span>
  );
}

/** Disc, name and role. */
export function Person(props: {
  name: string;
  /** Said after the name in grey, such as the role. */
  note?: string | undefined;
  kind?: PersonKind | undefined;
  quiet?: boolean | undefined;
}) {
  return (
    <span className="inline-flex min-w-0 max-w-full items-center gap-2">
      <PersonDisc name={props.name} kind={props.kind} />
      <span className={classes("truncate", props.quiet === true && "text-fg2")}>{props.name}</span>
      {props.note !== undefined && <span className="shrink-0 text-fg3">{props.note}</span>}
    </span>
  );
}
