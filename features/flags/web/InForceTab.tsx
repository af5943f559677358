import {
  Badge,
  Card,
  Columns,
  EmptyState,
  KeyValues,
  LinkButton,
  Person,
  RelativeTime,
  StateBadge,
  Table,
  TextLink,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Flag } from "lucide-react";

import type { FlagDetail } from "../api.ts";
import { ExposureControl } from "./ExposureControl.tsx";
import { flagPage } from "./pages.ts";
import type { FlagPlace } from "./place.ts";
import { environmentsQuery, membersQuery } from "./queries.ts";
import { configurationWords, ruleWords, valueWords } from "./words.ts";

type Row = {
  readonly environment: string;
  readonly place: FlagDetail["environments"][number] | undefined;
};

/** Who sees what now, in every environment; and how far the exposure is open in the chosen one. */
export function InForceTab(props: { at: FlagPlace }) {
  const { flag, environment, place } = props.at;
  const environments = useQuery(environmentsQuery);
  const names = [
    ...new Set([
      environment,
      ...(environments.data?.items ?? []).map(({ key }) => key),
      ...flag.environments.map((one) => one.environment),
    ]),
  ];
  const rows = names.map((name) => ({
    environment: name,
    place: flag.environments.find((one) => one.environment === name),
  }));
  const rules = place?.published?.content.configuration.rules ?? [];
  return (
    <Columns aside={<About flag={flag} />}>
      <Card title="Now" note="in every environment" flush>
        <Table
          label="What is in force"
          stickyHead={false}
          rows={rows}
          rowKey={(row) => row.environment}
          rowTo={(row) => flagPage.href({ flagKey: flag.key }, { environment: row.environment })}
          selectedKey={environment}
          columns={columns}
        />
      </Card>
      <Card title="Exposure" note={environment}>
        {rules.length === 0 ? (
          <EmptyState
            icon={<Flag />}
            title={`No rule is in force in ${environment}`}
            action={
              <LinkButton to={flagPage.href({ flagKey: flag.key }, { tab: "rules", environment })}>
                Write a rule
              </LinkButton>
            }
          >
            A rule says who sees which variant; its exposure opens it step by step.
          </EmptyState>
        ) : (
          <ol className="flex flex-col gap-6">
            {rules.map((rule) => (
              <li key={rule.id}>
                <p className="font-medium">{ruleWords(rule)}</p>
                <p className="mb-3 text-small text-fg2">
                  {rule.description}{" "}
                  {rule.experimentId !== null && (
                    <TextLink to={`/experiments/${rule.experimentId}`}>Its experiment</TextLink>
                  )}
                </p>
                <ExposureControl
                  key={`${environment} ${rule.exposureShare}`}
                  flagKey={flag.key}
                  environment={environment}
                  rule={rule}
                />
              </li>
            ))}
          </ol>
        )}
      </Card>
    </Columns>
  );
}

const columns: readonly Column<Row>[] = [
  { key: "environment", label: "Environment", cell: ({ environment }) => environment },
  {
    key: "state",
    label: "State",
    cell: ({ place }) =>
      place?.published == null ? (
        <Badge dashed>Not in force</Badge>
      ) : (
        <StateBadge state={place.published.content.configuration.enabled ? "on" : "off"} />
      ),
  },
  {
    key: "words",
    label: "Who sees what",
    from: "sm",
    cell: ({ place }) => (
      <span className="block py-1 text-fg2">
        {configurationWords(place?.published?.content.configuration)}
      </span>
    ),
  },
  {
    key: "revision",
    label: "Revision",
    align: "right",
    cell: ({ place }) => place?.published?.revision ?? "–",
  },
  {
    key: "published",
    label: "Published",
    align: "right",
    from: "md",
    cell: ({ place }) =>
      place?.published == null ? (
        <span className="text-fg3">never</span>
      ) : (
        <span className="whitespace-nowrap text-fg2">
          <RelativeTime at={place.published.publishedAt} />
        </span>
      ),
  },
];

function About(props: { flag: FlagDetail }) {
  const { flag } = props;
  const members = useQuery(membersQuery);
  const owner = members.data?.items.find(({ id }) => id === flag.owner);
  return (
    <Card title="About">
      <KeyValues
        narrow
        items={[
          ...(flag.description === "" ? [] : [{ key: "For", value: flag.description }]),
          {
            key: "Owner",
            value: owner === undefined ? "nobody" : <Person name={owner.name} />,
          },
          { key: "Type", value: flag.type },
          {
            key: "Variants",
            value: (
              <ul className="flex flex-col gap-1">
                {Object.entries(flag.variants).map(([name, value]) => (
                  <li key={name} className="break-words">
                    {name}{" "}
                    <code className="font-mono text-small text-fg3">{valueWords(value)}</code>
                  </li>
                ))}
              </ul>
            ),
          },
          ...(flag.initiativeId === null
            ? []
            : [
                {
                  key: "Initiative",
                  value: <TextLink to={`/initiatives/${flag.initiativeId}`}>Open it</TextLink>,
                },
              ]),
          ...(flag.expiresAt === null
            ? []
            : [{ key: "Should be gone", value: <RelativeTime at={flag.expiresAt} /> }]),
        ]}
      />
    </Card>
  );
}
