import {
  AppLink,
  ArtifactSquares,
  Meter,
  ModeBadge,
  Person,
  classes,
  toneText,
} from "@paceline/web-kit";
import {
  Braces,
  CreditCard,
  Fingerprint,
  Mail,
  Network,
  Scale,
  ServerCog,
  TriangleAlert,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";

import type { InitiativeSummary } from "../api.ts";
import { ARTIFACT_TITLES } from "../domain/artifacts.ts";
import { riskDomainTitle, sentence, statusTone } from "./words.ts";

const domainIcons: Readonly<Record<string, LucideIcon>> = {
  "customer-identity": Fingerprint,
  billing: CreditCard,
  consent: Scale,
  "shared-schema": Braces,
  "identity-infrastructure": ServerCog,
  "cross-system-orchestration": Network,
  "email-sender-reputation": Mail,
};

/** What must be handled with care, as small icons with their words. */
export function RiskDomainIcons(props: { keys: readonly string[] | null }) {
  const keys = props.keys ?? [];
  if (keys.length === 0) return null;
  return (
    <ul aria-label="Risk domains" className="flex shrink-0 gap-1.5 text-fg3">
      {keys.map((key) => {
        const Icon = domainIcons[key] ?? TriangleAlert;
        const title = `Touches ${riskDomainTitle(key)}`;
        return (
          <li key={key} title={title}>
            <Icon aria-hidden className="size-3.5" strokeWidth={1.75} />
            <span className="sr-only">{title}</span>
          </li>
        );
      })}
    </ul>
  );
}

/** How much of the timebox is used, where one runs. */
export function TimeboxMeter(props: { initiative: InitiativeSummary }) {
  const { iteration, mode } = props.initiative;
  const clock = iteration?.clock ?? null;
  if (clock === null) return null;
  const tone = clock.expired ? "negative" : (mode ?? "accent");
  return <Meter label={`Timebox, ${clock.words}`} value={clock.usedShare} max={1} tone={tone} />;
}

/** One initiative on the board. The title is the link; the whole card is its target. */
export function InitiativeCard(props: {
  initiative: InitiativeSummary;
  owner: string | undefined;
  to: string;
  selected: boolean;
}) {
  const { initiative, owner, to, selected } = props;
  const { key, title, mode, state, artifacts, status } = initiative;
  const before = state === "draft" || state === "proposed";
  return (
    <li
      className={classes(
        "relative flex flex-col gap-1.5 rounded-card border bg-surface p-3 shadow-rest transition-colors duration-100",
        selected ? "border-ink ring-1 ring-ink" : "border-line hover:border-line-2",
      )}
    >
      <div className="flex items-center justify-between gap-2">
        <ModeBadge mode={mode} />
        <span className="text-small text-fg3 tabular-nums">{key}</span>
      </div>
      <h3 className="text-lead font-medium break-words">
        <AppLink
          to={to}
          aria-current={selected ? "true" : undefined}
          className="after:absolute after:inset-0 after:rounded-card after:content-[''] focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:outline-offset-2 focus-visible:after:outline-ring"
        >
          {title === "" ? "Untitled change" : title}
        </AppLink>
      </h3>
      {before && (
        <ArtifactSquares
          artifacts={artifacts.map((artifact) => ({
            name: ARTIFACT_TITLES[artifact.artifact],
            present: artifact.state === "present",
          }))}
        />
      )}
      <TimeboxMeter initiative={initiative} />
      <p className={classes("text-small", toneText[statusTone(initiative)])}>{sentence(status)}</p>
      <div className="flex min-h-5 items-center justify-between gap-2">
        {owner === undefined ? (
          <span className="text-small text-fg3">No owner</span>
        ) : (
          <Person name={owner} quiet />
        )}
        <RiskDomainIcons keys={initiative.riskDomains} />
      </div>
    </li>
  );
}
