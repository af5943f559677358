import { Toast } from "@base-ui/react/toast";
import { CircleCheck, TriangleAlert, X } from "lucide-react";
import { useEffect } from "react";

import { classes } from "./classes.ts";
import { newsStore } from "./notify.ts";
import type { News } from "./notify.ts";

const manager = Toast.createToastManager<News>();
const doneMs = 5_000;
const problemMs = 12_000;

// React.lazy asks for a default export.
// oxlint-disable-next-line import/no-default-export
export default function ToastHost(props: { version: number }) {
  const { version } = props;
  useEffect(() => {
    for (const news of newsStore.take()) {
      const failed = news.kind === "problem";
      manager.add({
        title: news.title,
        description: news.description,
        timeout: failed ? problemMs : doneMs,
        priority: failed ? "high" : "low",
        data: news,
      });
    }
  }, [version]);
  return (
    <Toast.Provider toastManager={manager} limit={3}>
      <Toast.Portal>
        <Toast.Viewport className="fixed right-4 bottom-4 z-50 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2">
          <ToastList />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}

function ToastList() {
  const { toasts } = Toast.useToastManager<News>();
  return toasts.map((toast) => {
    const failed = toast.data?.kind === "problem";
    const Icon = failed ? TriangleAlert : CircleCheck;
    return (
      <Toast.Root
        key={toast.id}
        toast={toast}
        className="float-in flex gap-2.5 rounded-card border border-line bg-surface p-3 shadow-float data-limited:hidden"
      >
        <Icon
          aria-hidden
          className={classes("mt-0.5 size-4 shrink-0", failed ? "text-negative" : "text-positive")}
        />
        <div className="min-w-0 flex-1">
          <Toast.Title className="font-medium" />
          <Toast.Description className="text-small text-fg2" />
        </div>
        <Toast.Close
          aria-label="Dismiss"
          className="-m-1 grid size-6 shrink-0 place-items-center rounded-control text-fg3 hover:bg-hover"
        >
          <X aria-hidden className="size-3.5" />
        </Toast.Close>
      </Toast.Root>
    );
  });
}
