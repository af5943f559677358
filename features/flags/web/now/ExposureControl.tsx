import {
  Button,
  ErrorState,
  apiClient,
  formatPercent,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { useId, useState } from "react";

import type { PublicationView } from "../../api.ts";
import type { Rule } from "../../domain/flag.ts";
import { placePath } from "../queries.ts";

const steps = [0.01, 0.05, 0.25, 0.5, 1] as const;

/** Moves how many of a rule's units it takes in; only adds or removes those that came last. */
export function ExposureControl(props: { flagKey: string; environment: string; rule: Rule }) {
  const { flagKey, environment, rule } = props;
  const may = useMay("flag.publish");
  const [share, setShare] = useState(rule.exposureShare);
  const id = useId();
  const move = useCommand({
    run: () =>
      apiClient.post<PublicationView>(
        `${placePath(flagKey, environment)}/rules/${encodeURIComponent(rule.id)}/exposure`,
        { exposureShare: share },
      ),
    refresh: [["flags"]],
    done: ({ revision }) => `Exposure set, revision ${revision} is in force`,
    inline: true,
  });
  const changed = share !== rule.exposureShare;
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <label htmlFor={id} className="sr-only">
          Exposure of rule {rule.id}
        </label>
        <input
          id={id}
          type="range"
          min={0}
          max={100}
          step={1}
          disabled={!may}
          value={Math.round(share * 100)}
          onChange={(event) => setShare(Number(event.target.value) / 100)}
          className="h-6 min-w-40 flex-1 accent-(--ink)"
        />
        <output htmlFor={id} className="w-12 text-right text-lead font-medium tabular-nums">
          {formatPercent(share, 0)}
        </output>
        {may && (
          <Button disabled={!changed} busy={move.isPending} onClick={() => move.mutate(undefined)}>
            Set to {formatPercent(share, 0)}
          </Button>
        )}
      </div>
      {may && (
        <div className="flex flex-wrap gap-1">
          {steps.map((step) => (
            <Button key={step} small aria-pressed={share === step} onClick={() => setShare(step)}>
              {formatPercent(step, 0)}
            </Button>
          ))}
        </div>
      )}
      {move.isError && <ErrorState inline error={move.error} />}
    </div>
  );
}
