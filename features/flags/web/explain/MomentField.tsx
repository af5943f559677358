import { IconButton, TextField, formatDay, formatTime, formatUtc } from "@paceline/web-kit";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useId, useState } from "react";

import type { PublicationView } from "../../api.ts";
import type { FlagPlace } from "../place.ts";
import { revisionsQuery } from "../queries.ts";

const steps = 1_000;
const beforeFirst = 0.06;

/** The way back in time: revisions on an axis, and a slider that goes over it. */
export function MomentField(props: {
  at: FlagPlace;
  moment: string;
  onMoment: (moment: string) => void;
}) {
  const { at, moment, onMoment } = props;
  const { flag, environment } = at;
  const query = useInfiniteQuery(revisionsQuery(flag.key, environment));
  const publications = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const [openedAt] = useState(() => Date.now());
  const slider = useId();
  const first = Math.min(...publications.map(({ publishedAt }) => Date.parse(publishedAt)));
  const chosen = Date.parse(moment);
  const oldest = Math.min(first, chosen, openedAt);
  const from = oldest - Math.max(60_000, (openedAt - oldest) * beforeFirst);
  const span = openedAt - from;
  return (
    <section
      aria-label="Moment"
      className="rounded-card border border-line bg-surface px-4 pt-3 pb-2.5 shadow-rest"
    >
      <div className="mb-1 flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <p className="text-fg2">
          <output htmlFor={slider} className="font-medium text-fg tabular-nums">
            {formatUtc(moment)}
          </output>
          {", "}
          {standingAt(publications, chosen)}
        </p>
        <div className="flex items-center gap-1">
          <RevisionSteps publications={publications} chosen={chosen} onMoment={onMoment} />
          <ExactMoment moment={moment} latest={openedAt} onMoment={onMoment} />
        </div>
      </div>
      <Axis publications={publications} from={from} span={span} chosen={chosen} />
      <label htmlFor={slider} className="sr-only">
        Moment, from {formatUtc(from)} to {formatUtc(openedAt)}
      </label>
      <input
        id={slider}
        type="range"
        min={0}
        max={steps}
        step={1}
        value={Math.round(((chosen - from) / span) * steps)}
        aria-valuetext={formatUtc(moment)}
        onChange={(event) => {
          const next = from + (Number(event.target.value) / steps) * span;
          onMoment(new Date(Math.min(next, openedAt)).toISOString());
        }}
        className="block h-6 w-full accent-(--accent-solid)"
      />
      <p className="flex justify-between text-meta text-fg3 tabular-nums">
        <span>{formatDay(from, "UTC")}</span>
        <span>now</span>
      </p>
    </section>
  );
}

/** To the moment at which the revision before or after came into force. */
function RevisionSteps(props: {
  publications: readonly PublicationView[];
  chosen: number;
  onMoment: (moment: string) => void;
}) {
  const { publications, chosen, onMoment } = props;
  const current = publications.findIndex(({ publishedAt }) => Date.parse(publishedAt) <= chosen);
  const earlier = current === -1 ? undefined : publications[current + 1];
  const later = publications[(current === -1 ? publications.length : current) - 1];
  return (
    <>
      <IconButton
        label="Revision before"
        icon={<ChevronLeft aria-hidden />}
        disabled={earlier === undefined}
        onClick={() => earlier !== undefined && onMoment(earlier.publishedAt)}
      />
      <IconButton
        label="Revision after"
        icon={<ChevronRight aria-hidden />}
        disabled={later === undefined}
        onClick={() => later !== undefined && onMoment(later.publishedAt)}
      />
    </>
  );
}

function standingAt(publications: readonly PublicationView[], moment: number): string {
  const then = publications.find(({ publishedAt }) => Date.parse(publishedAt) <= moment);
  if (then === undefined) return "before its first revision";
  return then.digest === null ? "while it was taken out" : `revision ${then.revision}`;
}

/** One stroke a publication, one line for the chosen moment; thumb and axis share their ends. */
function Axis(props: {
  publications: readonly PublicationView[];
  from: number;
  span: number;
  chosen: number;
}) {
  const { publications, from, span, chosen } = props;
  const x = (instant: number) => `${((instant - from) / span) * 100}%`;
  return (
    <div className="px-2">
      <svg
        role="img"
        aria-label={`${publications.length} revisions since ${formatDay(from, "UTC")}`}
        width="100%"
        height={34}
        className="block overflow-visible"
      >
        <line x1="0" x2="100%" y1={27} y2={27} stroke="var(--line-2)" />
        {publications.map(({ revision, publishedAt, digest }, index) => (
          <g key={revision}>
            <title>{`Revision ${revision}, ${formatUtc(publishedAt)}`}</title>
            <line
              x1={x(Date.parse(publishedAt))}
              x2={x(Date.parse(publishedAt))}
              y1={16}
              y2={27}
              stroke={digest === null ? "var(--negative)" : "var(--fg3)"}
              strokeWidth={1.5}
            />
            {hasRoom(publications, index, span) && (
              <text
                x={x(Date.parse(publishedAt))}
                y={11}
                textAnchor="middle"
                className="fill-fg3 text-meta tabular-nums"
              >
                {revision}
              </text>
            )}
          </g>
        ))}
        <line
          x1={x(chosen)}
          x2={x(chosen)}
          y1={15}
          y2={34}
          stroke="var(--accent-solid)"
          strokeWidth={2}
        />
      </svg>
    </div>
  );
}

const roomForLabel = 0.04;

/** The newest of those that lie close together is named. */
function hasRoom(publications: readonly PublicationView[], index: number, span: number): boolean {
  const newer = publications[index - 1];
  const own = publications[index];
  if (newer === undefined || own === undefined) return true;
  return Date.parse(newer.publishedAt) - Date.parse(own.publishedAt) > span * roomForLabel;
}

/** The instant to the minute, as UTC. */
function ExactMoment(props: {
  moment: string;
  latest: number;
  onMoment: (moment: string) => void;
}) {
  const { moment, latest, onMoment } = props;
  const written = moment.slice(0, "2026-01-01T00:00".length);
  return (
    <div className="w-52">
      <TextField
        label={`Exactly, in UTC (${formatTime(moment, "UTC")})`}
        hideLabel
        type="datetime-local"
        value={written}
        max={new Date(latest).toISOString().slice(0, written.length)}
        onChange={(text) => {
          const instant = Date.parse(`${text}:59.999Z`);
          if (Number.isFinite(instant)) onMoment(new Date(Math.min(instant, latest)).toISOString());
        }}
      />
    </div>
  );
}
