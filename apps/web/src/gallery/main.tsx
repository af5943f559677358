import { CSPProvider } from "@base-ui/react/csp-provider";
import { Toasts, createQueryClient } from "@paceline/web-kit";
import { QueryClientProvider } from "@tanstack/react-query";
import {
  RouterProvider,
  createMemoryHistory,
  createRootRoute,
  createRouter,
} from "@tanstack/react-router";
import { createRoot } from "react-dom/client";

import { Gallery } from "./Gallery.tsx";

const router = createRouter({
  routeTree: createRootRoute({ component: Gallery }),
  history: createMemoryHistory(),
});
const place = document.querySelector("#root");
if (place === null) throw new Error("gallery.html has no #root");
createRoot(place).render(
  <CSPProvider disableStyleElements>
    <QueryClientProvider client={createQueryClient()}>
      <RouterProvider router={router} />
      <Toasts />
    </QueryClientProvider>
  </CSPProvider>,
);
