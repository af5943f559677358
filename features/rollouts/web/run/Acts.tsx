import {
  Button,
  ErrorState,
  LinkButton,
  PageHeader,
  TextLink,
  apiClient,
  asProblem,
  notify,
  useCommand,
  useMay,
  useSession,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Check, Pencil, Play, Undo2 } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import type { ReactNode } from "react";

import type { RolloutDocument } from "../../plan-api.ts";
import { editRolloutPage, flagHref } from "../pages.ts";
import { rolloutPath } from "../plan-queries.ts";
import { isUnderWay } from "../plan-words.ts";
import { rollbackQuery } from "../queries.ts";
import type { ReasonedAct } from "./reasoned-acts.ts";

const ReasonDialog = lazy(async () => ({
  default: (await import("./ReasonDialog.tsx")).ReasonDialog,
}));

type Bare = "arm" | "start" | "resume" | "approve";

const doneWords = {
  arm: "Armed",
  start: "Started",
  resume: "Resumed",
  approve: "Approved",
} as const satisfies Record<Bare, string>;

/** The head of the page: the one act that is due, and rolling back, which is always in reach. */
export function Acts(props: { rollout: RolloutDocument; badges: ReactNode; children: ReactNode }) {
  const { rollout, badges, children } = props;
  const [asked, setAsked] = useState<ReasonedAct>();
  const act = useCommand({
    run: (name: Bare) => {
      const body = name === "approve" ? { stage: stageId(rollout) } : undefined;
      return apiClient.post<RolloutDocument>(`${rolloutPath(rollout.id)}/${name}`, body);
    },
    refresh: [["rollouts"], ["flags"]],
    inline: true,
    onDone: ({ state }, name) =>
      notify.done(state === "paused" ? "It has paused" : doneWords[name]),
  });
  return (
    <>
      <PageHeader
        title={rollout.name}
        badges={badges}
        actions={
          <>
            <Due rollout={rollout} busy={act.isPending} onAct={(name) => act.mutate(name)} />
            <Stops rollout={rollout} onAsk={setAsked} />
          </>
        }
      >
        {children}
      </PageHeader>
      {act.isError && <Refusal error={act.error} rollout={rollout} />}
      {asked !== undefined && (
        <Suspense>
          <ReasonDialog act={asked} rollout={rollout} onClose={() => setAsked(undefined)} />
        </Suspense>
      )}
    </>
  );
}

function stageId({ plan, stage }: RolloutDocument): string {
  return stage === null ? "" : (plan.stages[stage]?.id ?? "");
}

/** What comes next by a person: arm, start, approve or resume; the page's only primary button. */
function Due(props: { rollout: RolloutDocument; busy: boolean; onAct: (name: Bare) => void }) {
  const { rollout, busy, onAct } = props;
  const { state, id, environment, flagKey } = rollout;
  const mayEdit = useMay("rollout.edit");
  const mayStart = useMay("rollout.start");
  const way = useQuery(rollbackQuery(environment, flagKey));
  const primary = (name: Bare, label: string, icon: ReactNode) => (
    <Button kind="primary" icon={icon} busy={busy} onClick={() => onAct(name)}>
      {label}
    </Button>
  );
  const edit = mayEdit && (state === "draft" || state === "armed") && (
    <LinkButton to={editRolloutPage.href({ rolloutId: id })}>
      <Pencil aria-hidden />
      Edit plan
    </LinkButton>
  );
  if (state === "draft") {
    const hasWay = way.data?.definition != null;
    return (
      <>
        {edit}
        {mayEdit &&
          primary("arm", hasWay ? "Arm" : "Arm without a way back", <Check aria-hidden />)}
      </>
    );
  }
  if (state === "armed") {
    return (
      <>
        {edit}
        {mayStart && primary("start", "Start", <Play aria-hidden />)}
      </>
    );
  }
  if (state === "paused" && mayStart) return primary("resume", "Resume", <Play aria-hidden />);
  return <Approval rollout={rollout} busy={busy} onAct={onAct} />;
}

function Approval(props: { rollout: RolloutDocument; busy: boolean; onAct: (name: Bare) => void }) {
  const { rollout, busy, onAct } = props;
  const { person, role } = useSession();
  const may = useMay("rollout.approve");
  const { state, stage, plan, authors, blockers } = rollout;
  const wanted = stage === null ? null : (plan.stages[stage]?.hold.approval ?? null);
  const isMissing = blockers.some(({ kind }) => kind === "approval");
  if (!isUnderWay(state) || wanted === null || !isMissing || !may || role !== wanted.by) {
    return null;
  }
  if (authors.includes(person.id)) {
    return (
      <span className="max-w-56 text-small text-fg2">
        Its approval is for {wanted.by}s who neither wrote, armed nor started it.
      </span>
    );
  }
  return (
    <Button
      kind="primary"
      icon={<Check aria-hidden />}
      busy={busy}
      onClick={() => onAct("approve")}
    >
      Approve
    </Button>
  );
}

/** What stops it, each with a reason; rolling back needs no approval. */
function Stops(props: { rollout: RolloutDocument; onAsk: (act: ReasonedAct) => void }) {
  const { rollout, onAsk } = props;
  const { state, blockers, stage, plan } = rollout;
  const mayStart = useMay("rollout.start");
  const mayStop = useMay("rollback.execute");
  const moves = state === "running" || state === "holding";
  const onlyTime = blockers.length > 0 && blockers.every(({ kind }) => kind === "time");
  const isLast = stage !== null && stage === plan.stages.length - 1;
  return (
    <>
      {moves && mayStart && onlyTime && (
        <Button onClick={() => onAsk("advance")}>
          {isLast ? "Complete now" : "Go on without waiting"}
        </Button>
      )}
      {moves && mayStop && <Button onClick={() => onAsk("pause")}>Pause</Button>}
      {(isUnderWay(state) || state === "armed") && mayStart && (
        <Button kind="quiet" onClick={() => onAsk("abort")}>
          {state === "armed" ? "Discard" : "End here"}
        </Button>
      )}
      {(isUnderWay(state) || rollout.descent !== undefined) && mayStop && (
        <Button kind="danger" icon={<Undo2 aria-hidden />} onClick={() => onAsk("rollback")}>
          Roll back now
        </Button>
      )}
    </>
  );
}

/** Which rule refused, and the place where the way out is. */
export function Refusal(props: { error: unknown; rollout: RolloutDocument }) {
  const { error, rollout } = props;
  const { flagKey, environment } = rollout;
  const rule = asProblem(error).extensions["rule"];
  const tab = rule === "way-back" ? "rollback" : "rules";
  const { initiativeId } = rollout;
  const isOfInitiative = typeof rule === "string" && /^(initiative|artifact)-/u.test(rule);
  return (
    <div className="mb-5 flex flex-col gap-2">
      <ErrorState inline error={error} />
      {typeof rule === "string" && (
        <p className="text-small text-fg2">
          Rule <code className="font-mono">{rule}</code>.{" "}
          {isOfInitiative && initiativeId !== null ? (
            <TextLink to={`/initiatives/${initiativeId}`}>Open the initiative</TextLink>
          ) : (
            <TextLink to={flagHref(flagKey, environment, tab)}>
              {rule === "way-back" ? "Define the way back" : `Open the rules of ${flagKey}`}
            </TextLink>
          )}
        </p>
      )}
    </div>
  );
}
