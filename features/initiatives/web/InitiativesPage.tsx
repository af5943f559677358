import {
  Button,
  Card,
  EmptyState,
  LinkButton,
  Loaded,
  ModeDot,
  Page,
  PageHeader,
  SegmentedControl,
  Select,
  SkeletonRows,
  TextField,
  classes,
  formatCount,
  useHrefWith,
  useLive,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import type { SearchOf, UpdateSearch } from "@paceline/web-kit";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Plus, Search, SquareKanban, X } from "lucide-react";
import { useCallback } from "react";

import type { Board } from "../api.ts";
import { CLOSED_STATES, InitiativeBoard, OPEN_STATES } from "./InitiativeBoard.tsx";
import { InitiativePanel } from "./InitiativePanel.tsx";
import { InitiativeTable } from "./InitiativeTable.tsx";
import { initiativesPage, policyPage, proposePage } from "./pages.ts";
import { usePeople, useSettled } from "./people.ts";
import { INITIATIVES_KEY, INITIATIVES_TOPIC, boardQuery, listQuery } from "./queries.ts";
import { stateLabels } from "./words.ts";

type View = SearchOf<typeof initiativesPage.fields>;
type Update = UpdateSearch<typeof initiativesPage.fields>;

const settleMs = 200;

/** What waits, in one sentence. */
function answer(board: Board | undefined): string {
  if (board === undefined) return "Changes that customers see, from proposal to what was learned.";
  const count = (state: string) => board.states.find((one) => one.state === state)?.count ?? 0;
  if (board.total === 0) return "Nothing has been proposed yet.";
  const waiting = count("proposed");
  const parts = [
    waiting === 0
      ? "Nothing waits for a decision"
      : `${formatCount(waiting, "change")} ${waiting === 1 ? "waits" : "wait"} for a decision`,
    count("in_flight") === 0 ? "none is in flight" : `${count("in_flight")} in flight`,
    ...(count("verdict") > 0 ? [`${count("verdict")} with a verdict to learn from`] : []),
    ...(board.expiredTimeboxes > 0
      ? [`${board.expiredTimeboxes} past the end of the timebox`]
      : []),
  ];
  return `${parts.join(", ")}.`;
}

export function InitiativesPage() {
  const [search, update] = usePageSearch(initiativesPage);
  useLive(INITIATIVES_TOPIC, INITIATIVES_KEY);
  const hrefWith = useHrefWith(initiativesPage);
  const board = useQuery(boardQuery);
  const mayPropose = useMay("initiative.edit");
  const cardTo = useCallback((id: string) => hrefWith({ panel: id }), [hrefWith]);
  const empty = board.data?.total === 0;
  return (
    <Page
      title="Initiatives"
      wide
      actions={
        <>
          {!empty && (
            <SegmentedControl
              label="View"
              segments={[
                { value: "board", label: "Board" },
                { value: "table", label: "Table" },
              ]}
              value={search.view}
              onChange={(view) => update({ view }, "push")}
            />
          )}
          {mayPropose && !empty && (
            <LinkButton kind="primary" to={proposePage.href()}>
              <Plus aria-hidden />
              <span className="max-sm:sr-only">Propose a change</span>
            </LinkButton>
          )}
        </>
      }
      panel={
        search.panel === undefined ? undefined : (
          <InitiativePanel
            key={search.panel}
            id={search.panel}
            closeTo={hrefWith({ panel: undefined })}
          />
        )
      }
    >
      <PageHeader title="Initiatives">{answer(board.data)}</PageHeader>
      {empty ? (
        <NoInitiatives mayPropose={mayPropose} />
      ) : (
        <>
          <Filters search={search} update={update} board={board.data} />
          <Content search={search} update={update} board={board.data} cardTo={cardTo} />
        </>
      )}
    </Page>
  );
}

function NoInitiatives(props: { mayPropose: boolean }) {
  return (
    <Card>
      <EmptyState
        icon={<SquareKanban />}
        title="Changes appear here, from proposal to verdict"
        action={
          props.mayPropose ? (
            <LinkButton kind="primary" to={proposePage.href()}>
              Propose a change
            </LinkButton>
          ) : undefined
        }
        link={<LinkButton to={policyPage.href()}>See how changes are decided</LinkButton>}
      >
        Paceline says whether a change is a sprint or a marathon, why, and what is missing.
      </EmptyState>
    </Card>
  );
}

function isFiltered(search: View): boolean {
  const { text, modes, states, owner } = search;
  return text !== "" || modes.length > 0 || states.length > 0 || owner !== undefined;
}

function Content(props: {
  search: View;
  update: Update;
  board: Board | undefined;
  cardTo: (id: string) => string;
}) {
  const { search, update, board, cardTo } = props;
  const { nameOf } = usePeople();
  const hrefWith = useHrefWith(initiativesPage);
  const text = useSettled(search.text, settleMs);
  const onBoard = search.view === "board";
  const boardStates = search.captured ? [...OPEN_STATES, ...CLOSED_STATES] : OPEN_STATES;
  const query = useInfiniteQuery(
    listQuery({
      states: onBoard ? boardStates : search.states,
      modes: search.modes,
      owner: search.owner,
      search: text,
      sort: onBoard ? "-number" : search.sort,
    }),
  );
  return (
    <Loaded query={query} skeleton={<SkeletonRows rows={8} />}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        return (
          <>
            {onBoard ? (
              <InitiativeBoard
                initiatives={items}
                board={board}
                filtered={isFiltered({ ...search, states: [] })}
                nameOf={nameOf}
                cardTo={cardTo}
                capturedTo={hrefWith({ captured: !search.captured })}
                showsCaptured={search.captured}
                selected={search.panel}
              />
            ) : (
              <Card flush>
                <InitiativeTable
                  initiatives={items}
                  nameOf={nameOf}
                  rowTo={cardTo}
                  selected={search.panel}
                  sort={search.sort}
                  onSort={(sort) => update({ sort: initiativesPage.fields.sort.read(sort) })}
                />
              </Card>
            )}
            {query.hasNextPage && (
              <div className="mt-4 flex justify-center">
                <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                  Show more
                </Button>
              </div>
            )}
          </>
        );
      }}
    </Loaded>
  );
}

const modeChoices = ["sprint", "marathon", "hybrid", "undecided"] as const;

function Filters(props: { search: View; update: Update; board: Board | undefined }) {
  const { search, update, board } = props;
  const { members } = usePeople();
  const countOf = (mode: string) =>
    board?.modes.find((one) => (one.mode ?? "undecided") === mode)?.count;
  const toggle = (mode: (typeof modeChoices)[number]) => {
    const { modes } = search;
    const next = modes.includes(mode) ? modes.filter((one) => one !== mode) : [...modes, mode];
    update({ modes: next });
  };
  return (
    <search aria-label="Initiatives" className="mb-5 flex flex-wrap items-center gap-2">
      <div className="w-full sm:w-44">
        <TextField
          label="Search initiatives"
          hideLabel
          type="search"
          placeholder="Title or CHG number"
          before={<Search aria-hidden />}
          value={search.text}
          onChange={(text) => update({ text })}
        />
      </div>
      <fieldset aria-label="Mode" className="flex flex-wrap gap-1.5">
        {modeChoices.map((mode) => {
          const on = search.modes.includes(mode);
          return (
            <button
              key={mode}
              type="button"
              aria-pressed={on}
              onClick={() => toggle(mode)}
              className={classes(
                "flex h-8 items-center gap-1.5 rounded-control border px-2.5",
                on ? "border-ink bg-surface font-medium" : "border-line-2 text-fg2 hover:bg-hover",
              )}
            >
              {mode === "undecided" ? "Undecided" : <ModeDot mode={mode} />}
              <span className="text-small text-fg3 tabular-nums">{countOf(mode) ?? ""}</span>
            </button>
          );
        })}
      </fieldset>
      <div className="w-36">
        <Select
          label="Owner"
          hideLabel
          options={[
            { value: "all", label: "Every owner" },
            ...members.map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={search.owner ?? "all"}
          onChange={(owner) => update({ owner: owner === "all" ? undefined : owner })}
        />
      </div>
      {search.view === "table" && <StateFilter search={search} update={update} />}
      {isFiltered(search) && (
        <Button
          kind="quiet"
          icon={<X aria-hidden />}
          onClick={() => update({ text: "", modes: [], states: [], owner: undefined })}
        >
          Clear
        </Button>
      )}
    </search>
  );
}

const stateChoices = [...OPEN_STATES, ...CLOSED_STATES];

function StateFilter(props: { search: View; update: Update }) {
  const { search, update } = props;
  const chosen = search.states.length === 1 ? search.states[0] : undefined;
  return (
    <div className="w-36">
      <Select
        label="State"
        hideLabel
        options={[
          { value: "all", label: "Every state" },
          ...stateChoices.map((value) => ({ value, label: stateLabels[value] })),
        ]}
        value={chosen ?? "all"}
        onChange={(state) => update({ states: state === "all" ? [] : [state] })}
      />
    </div>
  );
}
