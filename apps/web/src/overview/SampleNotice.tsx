import { Button, ConfirmDialog, Notice, apiClient, useCommand, useMay } from "@paceline/web-kit";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { sampleQuery } from "./queries.ts";

/** Says that what is shown is made up, and takes it away in one click. */
export function SampleNotice() {
  const query = useQuery(sampleQuery);
  const queries = useQueryClient();
  const mayRemove = useMay("sample.remove");
  const [asking, setAsking] = useState(false);
  const remove = useCommand({
    run: () => apiClient.delete("/sample"),
    done: "Sample data removed",
    inline: true,
    onDone: () => {
      setAsking(false);
      void queries.invalidateQueries();
    },
  });
  if (query.data?.present !== true) return null;
  return (
    <div className="mb-5">
      <Notice
        tone="caution"
        title="This workspace holds synthetic sample data."
        action={
          mayRemove ? (
            <div className="max-sm:w-full max-sm:pl-7">
              <Button small onClick={() => setAsking(true)}>
                Remove sample data
              </Button>
            </div>
          ) : undefined
        }
      >
        {query.data.statement ?? "Its people, numbers and verdicts are made up."}
        {query.data.state === "filling" && query.data.progress !== undefined && (
          <>
            {" "}
            It is being filled: {query.data.progress.doing}, {query.data.progress.done} of{" "}
            {query.data.progress.of}.
          </>
        )}
      </Notice>
      {asking && (
        <ConfirmDialog
          open
          onOpenChange={setAsking}
          danger
          title="Remove the sample data?"
          description="Its initiatives, experiments, flags and events go. What you made yourself stays. It cannot be brought back, except by a new installation."
          act="Remove sample data"
          busy={remove.isPending}
          error={remove.error ?? undefined}
          onConfirm={() => remove.mutate(undefined)}
        />
      )}
    </div>
  );
}
