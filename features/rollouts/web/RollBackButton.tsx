import { Button, useMay } from "@paceline/web-kit";
import { Undo2 } from "lucide-react";
import { Suspense, lazy, useState } from "react";

const RollBackDialog = lazy(async () => ({
  default: (await import("./RollBackDialog.tsx")).RollBackDialog,
}));

type Place = { readonly environment: string; readonly flagKey: string };

/** Takes a flag back at once: always in reach, asks for a reason, and Enter never does it. */
export function RollBackButton(props: Place & { small?: boolean | undefined }) {
  const [open, setOpen] = useState(false);
  const may = useMay("rollback.execute");
  if (!may) return null;
  return (
    <>
      <Button
        kind="danger"
        small={props.small}
        icon={<Undo2 aria-hidden />}
        onClick={() => setOpen(true)}
      >
        Roll back
      </Button>
      {open && (
        <Suspense>
          <RollBackDialog {...props} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
