import { Badge, RelativeTime, StateBadge, Table } from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { FlagDetail } from "../../api.ts";
import { flagPage } from "../pages.ts";
import type { FlagPlace } from "../place.ts";
import { environmentsQuery } from "../queries.ts";
import { configurationWords } from "../words.ts";

type Row = {
  readonly environment: string;
  readonly place: FlagDetail["environments"][number] | undefined;
};

/** What the flag does in every environment, in words. */
export function EnvironmentsTable(props: { at: FlagPlace }) {
  const { flag, environment } = props.at;
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
  return (
    <Table
      label="What is in force"
      stickyHead={false}
      rows={rows}
      rowKey={(row) => row.environment}
      rowTo={(row) => flagPage.href({ flagKey: flag.key }, { environment: row.environment })}
      selectedKey={environment}
      columns={columns}
    />
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
