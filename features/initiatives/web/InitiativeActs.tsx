import { Button, IconButton, Menu, useMay } from "@paceline/web-kit";
import type { ApiProblem, MenuEntry } from "@paceline/web-kit";
import { Ellipsis } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import type { InitiativeDetail } from "../api.ts";
import { actLabel, actPermissions, actsOf, useAct } from "./acts.ts";
import type { ActName } from "./acts.ts";

const load = () => import("./ActDialogs.tsx");

/** Acts that ask for something first; their dialogs are fetched when one is opened. */
const dialogs = {
  start: lazy(async () => ({ default: (await load()).StartDialog })),
  verdict: lazy(async () => ({ default: (await load()).VerdictDialog })),
  capture: lazy(async () => ({ default: (await load()).CaptureDialog })),
  cancel: lazy(async () => ({ default: (await load()).CancelDialog })),
} as const;

function asks(act: ActName): act is keyof typeof dialogs {
  return Object.hasOwn(dialogs, act);
}

/** The next step as the one primary button, the others in a menu beside it. */
export function InitiativeActs(props: {
  initiative: InitiativeDetail;
  onRefused: (problem: ApiProblem | null) => void;
  wide?: boolean | undefined;
}) {
  const { initiative, onRefused, wide } = props;
  const [open, setOpen] = useState<keyof typeof dialogs | null>(null);
  const permitted = usePermittedActs();
  const act = useAct({
    id: initiative.id,
    version: initiative.version,
    onDone: () => {
      setOpen(null);
      onRefused(null);
    },
    onRefused: (problem) => {
      // Faults of the form stay in it; every other refusal is told where all can see it.
      if (problem.status === 400 || problem.kind === "learning-missing") return;
      setOpen(null);
      onRefused(problem);
    },
  });
  const { next, others } = actsOf(initiative.state);
  const begin = (name: ActName) => {
    act.reset();
    if (asks(name)) setOpen(name);
    else act.mutate({ act: name, body: {} });
  };
  const entries = others.filter(permitted).map((name): MenuEntry => ({
    label: actLabel(name, initiative),
    danger: name === "cancel",
    onSelect: () => begin(name),
  }));
  const Asking = open === null ? undefined : dialogs[open];
  return (
    <>
      {next !== null && permitted(next) && (
        <Button
          kind="primary"
          className={wide === true ? "min-w-0 flex-1 shrink" : undefined}
          busy={act.isPending && open === null}
          onClick={() => begin(next)}
        >
          {actLabel(next, initiative)}
        </Button>
      )}
      {next !== null && !permitted(next) && (
        <p className="text-small text-fg3">
          Next is &ldquo;{actLabel(next, initiative)}&rdquo;, which your role may not do.
        </p>
      )}
      {entries.length > 0 && (
        <Menu
          label={`More acts on ${initiative.key}`}
          entries={entries}
          trigger={
            <IconButton
              bordered
              label={`More acts on ${initiative.key}`}
              icon={<Ellipsis aria-hidden />}
            />
          }
        />
      )}
      {open !== null && Asking !== undefined && (
        <Suspense>
          <Asking
            initiative={initiative}
            busy={act.isPending}
            error={act.error}
            onClose={() => setOpen(null)}
            onRun={(body) => act.mutate({ act: open, body })}
          />
        </Suspense>
      )}
    </>
  );
}

function usePermittedActs(): (act: ActName) => boolean {
  const may = {
    edit: useMay(actPermissions.propose),
    decide: useMay(actPermissions.decide),
    start: useMay(actPermissions.start),
    cancel: useMay(actPermissions.cancel),
  };
  return (act) => {
    switch (act) {
      case "propose":
      case "capture":
        return may.edit;
      case "decide":
      case "ready":
      case "verdict":
        return may.decide;
      case "start":
        return may.start;
      case "cancel":
        return may.cancel;
    }
  };
}
