import {
  Button,
  Checkbox,
  Dialog,
  ErrorState,
  Notice,
  Select,
  Skeleton,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { PromotionView } from "../../clean-up-api.ts";
import { Differences } from "../history/Differences.tsx";
import type { FlagPlace } from "../place.ts";
import { environmentsQuery, flagPath } from "../queries.ts";

type Wish = {
  readonly from: string;
  readonly to: string;
  readonly keepExposure: boolean;
  readonly newSalts: boolean;
  readonly overwriteDraft: boolean;
};

/** Publishes in one environment what is in force in another, after showing what that changes. */
export function PromoteDialog(props: { at: FlagPlace; onClose: () => void }) {
  const { at, onClose } = props;
  const { flag, environment } = at;
  const environments = useQuery(environmentsQuery);
  const others = (environments.data?.items ?? []).filter(({ key }) => key !== environment);
  const [chosen, setChosen] = useState<string>();
  const [options, setOptions] = useState({
    keepExposure: true,
    newSalts: false,
    overwriteDraft: false,
  });
  const to = chosen ?? others[0]?.key ?? null;
  const wish: Wish | null = to === null ? null : { from: environment, to, ...options };
  const path = `${flagPath(flag.key)}/promote`;
  const preview = useQuery({
    queryKey: ["flags", "promotion", flag.key, wish],
    queryFn: ({ signal }) =>
      apiClient.post<PromotionView>(path, { ...wish, dryRun: true }, { signal }),
    enabled: wish !== null,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 0,
  });
  const promote = useCommand({
    run: (body: Wish) => apiClient.post<PromotionView>(path, body),
    refresh: [["flags"]],
    done: `In force in ${to ?? ""}`,
    inline: true,
    onDone: onClose,
  });
  const shown = preview.isError ? undefined : preview.data;
  const isSame = shown !== undefined && shown.differences.length === 0;
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={`Promote ${flag.key}`}
      description={`Publishes what is in force in ${environment}, revision ${at.place?.published?.revision ?? 0}, in another environment.`}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            busy={promote.isPending}
            disabled={wish === null || shown === undefined || isSame}
            onClick={() => wish !== null && promote.mutate(wish)}
          >
            {to === null ? "Promote" : `Publish in ${to}`}
          </Button>
        </>
      }
    >
      <div className="flex min-w-0 flex-col gap-4">
        <div className="grid items-start gap-4 sm:grid-cols-2">
          <Select
            label="To"
            options={others.map(({ key, name }) => ({ value: key, label: name }))}
            value={to}
            onChange={setChosen}
          />
          <div className="flex flex-col gap-2">
            <Checkbox
              label="Keep the exposure that rules have there"
              checked={options.keepExposure}
              onChange={(keepExposure) => setOptions({ ...options, keepExposure })}
            />
            <Checkbox
              label="Give every unit a new bucket"
              checked={options.newSalts}
              onChange={(newSalts) => setOptions({ ...options, newSalts })}
            />
            <Checkbox
              label="Replace a draft that is not published there"
              checked={options.overwriteDraft}
              onChange={(overwriteDraft) => setOptions({ ...options, overwriteDraft })}
            />
          </div>
        </div>
        {promote.isError && <ErrorState inline error={asProblem(promote.error)} />}
        {preview.isError ? (
          <ErrorState inline error={preview.error} />
        ) : shown === undefined ? (
          <Skeleton className="h-24" />
        ) : (
          <Changes promotion={shown} />
        )}
      </div>
    </Dialog>
  );
}

function Changes(props: { promotion: PromotionView }) {
  const { to, differences, warnings } = props.promotion;
  return (
    <>
      {warnings.length > 0 && (
        <Notice tone="caution" title="Read before you publish.">
          <ul className="flex flex-col gap-1">
            {warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </Notice>
      )}
      <section aria-label="What changes" aria-live="polite">
        <h3 className="mb-2 font-medium">
          {differences.length === 0
            ? `Nothing would change in ${to.environment}`
            : to.before === null
              ? `Not in force in ${to.environment} yet`
              : `Against revision ${to.before} in ${to.environment}`}
        </h3>
        {differences.length > 0 && (
          <div className="max-h-80 overflow-y-auto rounded-control border border-line p-3">
            <Differences differences={differences} />
          </div>
        )}
      </section>
    </>
  );
}
