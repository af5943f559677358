import {
  AbsoluteTime,
  Badge,
  Card,
  EmptyState,
  LinkButton,
  Loaded,
  SkeletonRows,
  Table,
  TextField,
  formatClock,
  formatDay,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Activity } from "lucide-react";

import type { EventView } from "../api.ts";
import { eventsPage } from "./pages.ts";
import { recentQuery } from "./queries.ts";

/** The newest events, newest on top. */
export function LiveTab(props: {
  environment: string;
  event: string;
  unit: string;
  onFilter: (filter: { event?: string; unit?: string }) => void;
}) {
  const { environment, event, unit, onFilter } = props;
  const query = useQuery(recentQuery({ environment, event, unit }));
  const filtered = event !== "" || unit !== "";
  return (
    <>
      <div className="mb-4 flex flex-wrap gap-3">
        <div className="w-56">
          <TextField
            label="Event name"
            hideLabel
            type="search"
            placeholder="Event name"
            value={event}
            onChange={(next) => onFilter({ event: next })}
          />
        </div>
        <div className="w-56">
          <TextField
            label="Unit"
            hideLabel
            type="search"
            placeholder="Unit, such as a user id"
            value={unit}
            onChange={(next) => onFilter({ unit: next })}
          />
        </div>
      </div>
      <Card flush foot="The newest 50, read anew every three seconds">
        <Loaded query={query} skeleton={<SkeletonRows />}>
          {({ items }) => (
            <Table
              label="Newest events"
              rows={items}
              rowKey={({ source, messageId }) => `${source}/${messageId}`}
              columns={columns}
              empty={
                <EmptyState
                  icon={<Activity />}
                  title={
                    filtered ? "No event fits these filters" : "Events appear here as they arrive"
                  }
                  action={
                    <LinkButton
                      to={
                        filtered
                          ? eventsPage.href({}, { environment })
                          : eventsPage.href({}, { environment, tab: "send" })
                      }
                    >
                      {filtered ? "Show all" : "Send the first one"}
                    </LinkButton>
                  }
                >
                  Metrics are computed from them, so what is missing here is missing there.
                </EmptyState>
              }
            />
          )}
        </Loaded>
      </Card>
    </>
  );
}

const columns: readonly Column<EventView>[] = [
  {
    key: "at",
    label: "Happened",
    cell: ({ at }) => (
      <span className="whitespace-nowrap text-fg2">
        <AbsoluteTime
          at={at}
          format={(instant) => `${formatDay(instant)}, ${formatClock(instant)}`}
        />
      </span>
    ),
  },
  {
    key: "event",
    label: "Event",
    cell: ({ event, type }) => (
      <>
        <span className="font-medium">{event}</span>{" "}
        {type !== "track" && <span className="text-small text-fg3">{type}</span>}
      </>
    ),
  },
  {
    key: "unit",
    label: "Unit",
    cell: ({ unit }) => <code className="font-mono text-small break-all">{unit}</code>,
  },
  {
    key: "flag",
    label: "Exposure",
    from: "md",
    cell: ({ flagKey, variant }) =>
      flagKey === null ? null : (
        <Badge>
          {flagKey}: {variant}
        </Badge>
      ),
  },
  {
    key: "properties",
    label: "Properties",
    from: "lg",
    truncate: true,
    width: "32%",
    cell: ({ properties }) => {
      const text = JSON.stringify(properties);
      return (
        <code title={text} className="font-mono text-small text-fg2">
          {text === "{}" ? "" : text}
        </code>
      );
    },
  },
];
