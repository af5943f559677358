import {
  Badge,
  Card,
  EmptyState,
  LinkButton,
  Notice,
  TextLink,
  formatPercent,
  useMay,
} from "@paceline/web-kit";
import { Flag } from "lucide-react";

import type { Configuration, Rule } from "../../domain/flag.ts";
import type { ReachView } from "../../reach-api.ts";
import { partsOfCounts } from "../editor/Reach.tsx";
import { newRolloutHref, rolloutHref } from "../links.ts";
import { flagPage } from "../pages.ts";
import type { FlagPlace } from "../place.ts";
import { shareWords, VariantBar } from "../VariantBar.tsx";
import type { VariantNames } from "../VariantBar.tsx";
import { conditionWords, gateShare, gateWords, ruleWords } from "../words.ts";
import { ExposureControl } from "./ExposureControl.tsx";

/** The rules in force in words, in the order in which they are tried, each with whom it reaches. */
export function RulesInForce(props: {
  at: FlagPlace;
  reach: ReachView | undefined;
  names: VariantNames;
}) {
  const { at, reach, names } = props;
  const { flag, environment, place } = at;
  const configuration = place?.published?.content.configuration;
  const rules = configuration?.rules ?? [];
  const mayPlan = useMay("rollout.edit") && place?.lock == null;
  const edit = flagPage.href({ flagKey: flag.key }, { tab: "rules", environment });
  if (configuration === undefined || rules.length === 0) {
    return (
      <Card title="Rules" note={environment}>
        <EmptyState
          icon={<Flag />}
          title={`No rule is in force in ${environment}`}
          action={<LinkButton to={edit}>Write a rule</LinkButton>}
        >
          A rule says who sees which variant; its exposure opens it step by step.
        </EmptyState>
      </Card>
    );
  }
  return (
    <Card
      title="Rules"
      note={`${environment}; the first that applies serves`}
      actions={
        <LinkButton small kind="quiet" to={edit}>
          Edit
        </LinkButton>
      }
      flush
    >
      {!configuration.enabled && (
        <div className="p-4 pb-0">
          <Notice tone="caution" title="Switched off.">
            Everyone gets {configuration.offVariant ?? "the default in the code"}; the rules wait.
          </Notice>
        </div>
      )}
      <ol className="divide-y divide-line">
        {rules.map((rule, index) => (
          <li key={rule.id} className="flex flex-col gap-3 p-4">
            <OneRule
              rule={rule}
              place={index + 1}
              found={reach?.rules.find(({ ruleId }) => ruleId === rule.id)}
              contexts={reach?.contexts ?? 0}
              names={names}
            />
            {mayPlan && (
              <TextLink
                className="w-fit text-small"
                to={newRolloutHref({ flag: flag.key, environment, rule: rule.id })}
              >
                Roll it out in stages
              </TextLink>
            )}
            {place?.lock == null ? (
              <ExposureControl
                key={`${environment} ${rule.exposureShare}`}
                flagKey={flag.key}
                environment={environment}
                rule={rule}
              />
            ) : (
              <p className="text-small text-fg2">
                Its exposure is not moved by hand while{" "}
                <TextLink to={rolloutHref(place.lock.holder)}>the rollout</TextLink> holds the flag.
              </p>
            )}
          </li>
        ))}
        <Rest configuration={configuration} reach={reach} />
      </ol>
    </Card>
  );
}

function Rest(props: { configuration: Configuration; reach: ReachView | undefined }) {
  const { configuration, reach } = props;
  return (
    <li className="flex flex-wrap items-baseline justify-between gap-x-4 px-4 py-3">
      <span>
        Everyone else gets{" "}
        <span className="font-medium">
          {configuration.defaultVariant ?? "the default in the code"}
        </span>
        .
      </span>
      {reach !== undefined && reach.contexts > 0 && (
        <span className="text-small text-fg2 tabular-nums">
          {formatPercent(reach.otherwise / reach.contexts, 1)} of the units
        </span>
      )}
    </li>
  );
}

function OneRule(props: {
  rule: Rule;
  place: number;
  found: ReachView["rules"][number] | undefined;
  contexts: number;
  names: VariantNames;
}) {
  const { rule, place, found, contexts, names } = props;
  return (
    <>
      <div className="flex items-start gap-2.5">
        <span className="grid size-5 shrink-0 place-items-center rounded-badge bg-hover text-small font-medium text-fg2 tabular-nums">
          {place}
        </span>
        <div className="min-w-0">
          <p className="font-medium break-words">{ruleWords(rule)}.</p>
          <p className="text-small text-fg2">
            {rule.description}{" "}
            {rule.experimentId !== null && (
              <TextLink to={`/experiments/${rule.experimentId}`}>Its experiment</TextLink>
            )}
          </p>
          {rule.overrides.map((override) => (
            <p key={conditionWords(override.when)} className="text-small text-fg2">
              First: where {conditionWords(override.when)}, {override.variant}
            </p>
          ))}
          <Facts rule={rule} />
        </div>
      </div>
      {found !== undefined && contexts > 0 && (
        <div className="flex flex-col gap-1">
          <VariantBar
            label={`Reach of rule ${rule.id}`}
            parts={partsOfCounts(found.variants, contexts)}
            names={names}
          />
          <p className="text-small text-fg2 tabular-nums">
            Serves {formatPercent(found.applied / contexts, 1)} of the units
            {rule.when !== null &&
              `; its condition holds for ${formatPercent(found.matched / contexts, 1)}`}
          </p>
        </div>
      )}
    </>
  );
}

function Facts(props: { rule: Rule }) {
  const { rule } = props;
  return (
    <ul className="mt-1.5 flex flex-wrap gap-1.5">
      {rule.gates.map((gate) => (
        <li key={gate.salt}>
          <Badge>
            {gateWords(gate)}, {shareWords(gateShare(gate))}
          </Badge>
        </li>
      ))}
      <li>
        <Badge>by {rule.unit}</Badge>
      </li>
      <li>
        <Badge>{rule.recordExposure ? "recorded" : "not recorded"}</Badge>
      </li>
      {rule.phase > 1 && (
        <li>
          <Badge>phase {rule.phase}</Badge>
        </li>
      )}
      {rule.sticky !== null && (
        <li>
          <Badge>assignments kept</Badge>
        </li>
      )}
    </ul>
  );
}
