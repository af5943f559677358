import {
  Button,
  Card,
  KeyValues,
  Loaded,
  Select,
  SkeletonRows,
  apiClient,
  formatCount,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { Retention, RetentionSetting } from "../../api.ts";
import { retentionQuery } from "../queries.ts";

const choices = [
  { value: "", label: "For ever" },
  { value: "3", label: "3 months" },
  { value: "6", label: "6 months" },
  { value: "13", label: "13 months" },
  { value: "25", label: "25 months" },
  { value: "37", label: "37 months" },
] as const;

/** How long events of an environment are kept, and what goes next. */
export function RetentionCard(props: { environment: string }) {
  const query = useQuery(retentionQuery);
  return (
    <Card title="Retention" note={props.environment}>
      <Loaded query={query} skeleton={<SkeletonRows rows={2} />}>
        {(retention) => <Rule key={props.environment} {...props} retention={retention} />}
      </Loaded>
    </Card>
  );
}

function Rule(props: { environment: string; retention: Retention }) {
  const { environment, retention } = props;
  const mayRetain = useMay("event.retain");
  const own = retention.rules.find((rule) => rule.environment === environment);
  const rule = own ?? retention.rules.find((one) => one.environment === null);
  const [months, setMonths] = useState(rule?.months == null ? "" : String(rule.months));
  const save = useCommand({
    run: (input: RetentionSetting) => apiClient.put("/events/retention", input),
    refresh: [retentionQuery.queryKey],
    done: "Retention set",
  });
  const due = retention.due.filter((month) => month.environment === environment);
  const options = choices.some(({ value }) => value === months)
    ? choices
    : [...choices, { value: months, label: `${months} months` }];
  return (
    <div className="flex flex-col gap-4">
      <KeyValues
        narrow
        items={[
          {
            key: "Keeps",
            value:
              rule?.months == null
                ? "events for ever"
                : `${formatCount(rule.months, "whole month")} besides this one`,
          },
          {
            key: "Goes next",
            value:
              due.length === 0
                ? "nothing"
                : due
                    .map(({ month, events }) => `${month}: ${formatCount(events, "event")}`)
                    .join(", "),
          },
        ]}
      />
      {mayRetain && (
        <form
          className="flex items-end gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            save.mutate({ environment, months: months === "" ? null : Number(months) });
          }}
        >
          <div className="min-w-0 flex-1">
            <Select label="Keep" options={options} value={months} onChange={setMonths} />
          </div>
          <Button type="submit" busy={save.isPending}>
            Set
          </Button>
        </form>
      )}
    </div>
  );
}
