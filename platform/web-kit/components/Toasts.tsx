import { Suspense, lazy, useSyncExternalStore } from "react";

import { newsStore } from "./notify.ts";

const ToastHost = lazy(() => import("./ToastHost.tsx"));

/** Mount once. The code that shows toasts is fetched with the first one. */
export function Toasts() {
  const version = useSyncExternalStore(newsStore.subscribe, newsStore.version);
  if (version === 0) return null;
  return (
    <Suspense>
      <ToastHost version={version} />
    </Suspense>
  );
}
