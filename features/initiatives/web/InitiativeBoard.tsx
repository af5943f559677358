import { AppLink, classes } from "@paceline/web-kit";
import { ChevronsLeftRight } from "lucide-react";

import type { Board, InitiativeSummary } from "../api.ts";
import { InitiativeCard } from "./InitiativeCard.tsx";

type State = InitiativeSummary["state"];
type ColumnDefinition = {
  readonly key: string;
  readonly title: string;
  readonly states: readonly State[];
  /** Said while nothing is in it. */
  readonly empty: string;
};

const columns: readonly ColumnDefinition[] = [
  {
    key: "proposed",
    title: "Proposed",
    states: ["draft", "proposed"],
    empty: "Changes that somebody wants and the policy has not settled.",
  },
  {
    key: "planned",
    title: "Planned",
    states: ["decided", "ready"],
    empty: "Changes with a mode, before their start.",
  },
  {
    key: "in-flight",
    title: "In flight",
    states: ["in_flight"],
    empty: "Changes that customers see now, each in its timebox.",
  },
  {
    key: "verdict",
    title: "Verdict",
    states: ["verdict"],
    empty: "Changes with a verdict whose learning is not written yet.",
  },
];
export const OPEN_STATES: readonly State[] = columns.flatMap(({ states }) => states);
export const CLOSED_STATES: readonly State[] = ["captured", "cancelled"];

const closed: ColumnDefinition = {
  key: "captured",
  title: "Captured",
  states: CLOSED_STATES,
  empty: "Changes whose learning is kept, and what was cancelled.",
};

/** The states of the board that the counts cover. */
function countOf(board: Board | undefined, states: readonly State[]): number | undefined {
  return board?.states
    .filter(({ state }) => states.includes(state))
    .reduce((sum, { count }) => sum + count, 0);
}

/** Columns from proposed to verdict; what is closed is folded to a strip until asked for. */
export function InitiativeBoard(props: {
  initiatives: readonly InitiativeSummary[];
  board: Board | undefined;
  /** Counts of the whole board would not match what a filter shows. */
  filtered: boolean;
  nameOf: (id: string | null) => string | undefined;
  cardTo: (id: string) => string;
  capturedTo: string;
  showsCaptured: boolean;
  selected: string | undefined;
}) {
  const { initiatives, board, filtered, showsCaptured, capturedTo } = props;
  const shown = showsCaptured ? [...columns, closed] : columns;
  return (
    <div className="flex flex-col gap-5 md:flex-row md:items-stretch md:gap-3">
      <div
        className={classes(
          "grid min-w-0 flex-1 items-start gap-x-3 gap-y-5",
          showsCaptured ? "md:grid-cols-3 xl:grid-cols-5" : "md:grid-cols-2 xl:grid-cols-4",
        )}
      >
        {shown.map((column) => {
          const cards = initiatives.filter(({ state }) => column.states.includes(state));
          const count = filtered ? cards.length : (countOf(board, column.states) ?? cards.length);
          return (
            <Column key={column.key} column={column} count={count} cards={cards} board={props} />
          );
        })}
      </div>
      <CapturedStrip
        count={countOf(board, CLOSED_STATES)}
        to={capturedTo}
        expanded={showsCaptured}
      />
    </div>
  );
}

function Column(props: {
  column: ColumnDefinition;
  count: number;
  cards: readonly InitiativeSummary[];
  board: Parameters<typeof InitiativeBoard>[0];
}) {
  const { column, count, cards, board } = props;
  const heading = `column-${column.key}`;
  return (
    <section aria-labelledby={heading} className="min-w-0">
      <div className="mb-2 flex items-baseline gap-2 px-1">
        <h2 id={heading} className="font-semibold">
          {column.title}
        </h2>
        <span className="text-fg3 tabular-nums">{count}</span>
      </div>
      {cards.length === 0 ? (
        <p className="rounded-card border border-dashed border-line-2 px-3 py-4 text-small text-fg3">
          {board.filtered ? "Nothing matches here." : column.empty}
        </p>
      ) : (
        <ul className="flex flex-col gap-2">
          {cards.map((initiative) => (
            <InitiativeCard
              key={initiative.id}
              initiative={initiative}
              owner={board.nameOf(initiative.ownerId)}
              to={board.cardTo(initiative.id)}
              selected={initiative.id === board.selected}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

function CapturedStrip(props: { count: number | undefined; to: string; expanded: boolean }) {
  const { count, to, expanded } = props;
  const words = expanded ? "Fold captured" : "Captured";
  return (
    <AppLink
      to={to}
      className="flex min-h-10 shrink-0 items-center justify-center gap-2 rounded-card border border-dashed border-line-2 px-3 text-fg2 hover:bg-hover hover:text-fg md:min-h-72 md:w-9 md:flex-col md:justify-start md:px-0 md:py-2.5"
    >
      {expanded ? (
        <ChevronsLeftRight aria-hidden className="size-4" />
      ) : (
        <span className="rounded-badge bg-hover px-1.5 text-small font-medium tabular-nums">
          {count ?? "–"}
        </span>
      )}
      <span className="text-small md:[writing-mode:vertical-rl]">{words}</span>
    </AppLink>
  );
}
