import { ErrorState, Page } from "@paceline/web-kit";
import type { Route as FeatureRoute } from "@paceline/web-kit";
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import type { AnyRoute, AnyRouter, ErrorComponentProps } from "@tanstack/react-router";

import { features } from "./features.ts";
import { homeAddress } from "./navigation.tsx";
import { NotFoundPage } from "./NotFoundPage.tsx";
import { PendingPage } from "./PendingPage.tsx";
import { Shell } from "./Shell.tsx";

const pendingMs = 150;

function toRoute(parent: AnyRoute, { path, load }: FeatureRoute): AnyRoute {
  return createRoute({
    getParentRoute: () => parent,
    path,
    component: lazyRouteComponent(load),
  });
}

function buildTree(): AnyRoute {
  const root = createRootRoute();
  const shell = createRoute({ getParentRoute: () => root, id: "shell", component: Shell });
  const routes = features.flatMap((feature) => feature.routes);
  const inside = routes.filter((one) => one.open !== true).map((one) => toRoute(shell, one));
  const outside = routes.filter((one) => one.open === true).map((one) => toRoute(root, one));
  if (!routes.some(({ path }) => path === "/")) {
    inside.push(
      createRoute({
        getParentRoute: () => shell,
        path: "/",
        beforeLoad: () => {
          if (homeAddress !== "/") redirect({ to: homeAddress, replace: true, throw: true });
        },
      }),
    );
  }
  inside.push(createRoute({ getParentRoute: () => shell, path: "$", component: NotFoundPage }));
  return root.addChildren([shell.addChildren(inside), ...outside]);
}

function FailedPage({ error, reset }: ErrorComponentProps) {
  return (
    <Page title="Something failed">
      <ErrorState error={error} onRetry={reset} />
    </Page>
  );
}

/** Query values are plain text in the address; pages give them types (see definePage). */
export const router: AnyRouter = createRouter({
  routeTree: buildTree(),
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const entries = Object.entries(search).map(([name, value]) => [name, String(value)]);
    const text = new URLSearchParams(Object.fromEntries(entries)).toString();
    return text === "" ? "" : `?${text}`;
  },
  defaultPendingMs: pendingMs,
  defaultPendingMinMs: 0,
  defaultPendingComponent: PendingPage,
  defaultErrorComponent: FailedPage,
  defaultNotFoundComponent: NotFoundPage,
});
