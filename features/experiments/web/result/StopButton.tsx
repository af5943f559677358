import { Button, useMay } from "@paceline/web-kit";
import { Suspense, lazy, useState } from "react";

const StopDialog = lazy(async () => ({ default: (await import("./StopDialog.tsx")).StopDialog }));

/** Ends a run without a verdict; the flag stays as it is. */
export function StopButton(props: { id: string; name: string }) {
  const [open, setOpen] = useState(false);
  const may = useMay("experiment.start");
  if (!may) return null;
  return (
    <>
      <Button onClick={() => setOpen(true)}>Stop</Button>
      {open && (
        <Suspense>
          <StopDialog {...props} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
