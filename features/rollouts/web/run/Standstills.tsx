import { Button, Notice, useMay } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { RotateCw } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import { runQuery } from "../plan-queries.ts";
import { standstillsOf } from "./standstill.ts";
import type { Standstill } from "./standstill.ts";

const RetryDialog = lazy(async () => ({
  default: (await import("./RetryDialog.tsx")).RetryDialog,
}));

/** Where a rollout stands still and why, with the way to let it go on; nothing while it moves. */
export function Standstills(props: { rolloutId: string }) {
  const { rolloutId } = props;
  const run = useQuery(runQuery(rolloutId));
  const may = useMay("rollout.start");
  const [asked, setAsked] = useState<Standstill>();
  const found = run.data === undefined ? [] : standstillsOf(run.data);
  return (
    <>
      {found.length > 0 && (
        <div aria-live="polite" className="mb-5 flex flex-col gap-2">
          {found.map((standstill) => (
            <Notice
              key={standstill.step}
              tone="negative"
              title={standstill.title}
              action={
                may && (
                  <Button icon={<RotateCw aria-hidden />} onClick={() => setAsked(standstill)}>
                    Retry
                  </Button>
                )
              }
            >
              {standstill.words}
            </Notice>
          ))}
        </div>
      )}
      {asked !== undefined && (
        <Suspense>
          <RetryDialog
            rolloutId={rolloutId}
            standstill={asked}
            onClose={() => setAsked(undefined)}
          />
        </Suspense>
      )}
    </>
  );
}
