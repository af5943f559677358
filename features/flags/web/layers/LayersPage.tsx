import {
  Button,
  Card,
  Checkbox,
  EmptyState,
  Loaded,
  Page,
  PageHeader,
  Select,
  SkeletonRows,
  formatCount,
  useLive,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Layers as LayersIcon, Plus, UserMinus } from "lucide-react";
import { Suspense, lazy } from "react";

import { flagsPage, layersPage } from "../pages.ts";
import { environmentsQuery } from "../queries.ts";
import { HoldoutCard } from "./HoldoutCard.tsx";
import { LayerCard } from "./LayerCard.tsx";
import { holdoutsQuery, layersQuery } from "./queries.ts";

const LayerDialog = lazy(async () => ({
  default: (await import("./LayerDialog.tsx")).LayerDialog,
}));
const HoldoutDialog = lazy(async () => ({
  default: (await import("./HoldoutDialog.tsx")).HoldoutDialog,
}));

/** Who excludes whom: the slots of each layer, and who is held out of everything. */
export function LayersPage() {
  const [search, update] = usePageSearch(layersPage);
  const environments = useQuery(environmentsQuery);
  const known = environments.data?.items ?? [];
  const everywhere = useQuery({
    ...holdoutsQuery(null),
    enabled: search.environment === undefined,
  });
  const environment =
    search.environment ??
    firstOf((everywhere.data?.items ?? []).map((holdout) => holdout.environment));
  const layers = useQuery(layersQuery(search.archived));
  const holdouts = useQuery(holdoutsQuery(environment));
  useLive("flags", ["layers"]);
  useLive("flags", ["holdouts"]);
  const mayLayer = useMay("layer.edit");
  const mayHoldout = useMay("holdout.edit");
  const newLayer = mayLayer && (
    <Button icon={<Plus aria-hidden />} onClick={() => update({ act: "layer" }, "push")}>
      New layer
    </Button>
  );
  const newHoldout = mayHoldout && (
    <Button icon={<Plus aria-hidden />} onClick={() => update({ act: "holdout" }, "push")}>
      New holdout
    </Button>
  );
  const close = () => update({ act: "none", key: undefined });
  return (
    <Page title="Layers and holdouts" crumbs={[{ label: "Flags", to: flagsPage.href() }]}>
      <PageHeader
        title="Layers and holdouts"
        actions={
          <div className="w-56">
            <Select
              label="Environment"
              hideLabel
              options={known.map(({ key, name }) => ({ value: key, label: name }))}
              value={environment}
              onChange={(next) => update({ environment: next })}
            />
          </div>
        }
      >
        {layers.data === undefined || holdouts.data === undefined
          ? "Who excludes whom, and who is left out to measure against."
          : `${search.archived ? formatCount(layers.data.items.length, "layer is archived", "layers are archived") : formatCount(layers.data.items.length, "layer keeps", "layers keep").concat(" rules apart")}; ${formatCount(holdouts.data.items.length, "holdout measures", "holdouts measure")} in ${environment}.`}
      </PageHeader>
      <div className="flex flex-col gap-8">
        <section aria-labelledby="layers-heading" className="flex flex-col gap-4">
          <Heading
            id="layers-heading"
            title="Layers"
            action={
              <div className="flex flex-wrap items-center gap-3">
                <Checkbox
                  label="Archived"
                  checked={search.archived}
                  onChange={(archived) => update({ archived })}
                />
                {newLayer}
              </div>
            }
          >
            Rules that claim slots of one layer never apply to the same unit.
          </Heading>
          <Loaded query={layers} skeleton={<SkeletonRows rows={4} />}>
            {({ items }) =>
              items.length === 0 ? (
                <NoLayers archived={search.archived} action={newLayer} />
              ) : (
                items.map((layer) => (
                  <LayerCard
                    key={layer.key}
                    layer={layer}
                    environment={environment}
                    mayEdit={mayLayer}
                    onEdit={() => update({ act: "layer", key: layer.key }, "push")}
                  />
                ))
              )
            }
          </Loaded>
        </section>
        <section aria-labelledby="holdouts-heading" className="flex flex-col gap-4">
          <Heading id="holdouts-heading" title="Holdouts" action={newHoldout}>
            People who see none of the changes in scope, so that their sum can be measured.
          </Heading>
          <Loaded query={holdouts} skeleton={<SkeletonRows rows={4} />}>
            {({ items }) =>
              items.length === 0 ? (
                <Card>
                  <EmptyState
                    icon={<UserMinus />}
                    title={`Nobody is held out in ${environment}`}
                    action={newHoldout}
                  >
                    A holdout tells what a quarter of changes did together, long after each one was
                    shipped.
                  </EmptyState>
                </Card>
              ) : (
                items.map((holdout) => (
                  <HoldoutCard
                    key={holdout.key}
                    holdout={holdout}
                    mayEdit={mayHoldout}
                    onEdit={() => update({ act: "holdout", key: holdout.key }, "push")}
                  />
                ))
              )
            }
          </Loaded>
        </section>
      </div>
      <Suspense>
        {search.act === "layer" && mayLayer && (
          <LayerDialog
            layer={layers.data?.items.find(({ key }) => key === search.key)}
            onClose={close}
          />
        )}
        {search.act === "holdout" && mayHoldout && (
          <HoldoutDialog
            environment={environment}
            holdout={holdouts.data?.items.find(({ key }) => key === search.key)}
            onClose={close}
          />
        )}
      </Suspense>
    </Page>
  );
}

function NoLayers(props: { archived: boolean; action: React.ReactNode }) {
  return (
    <Card>
      {props.archived ? (
        <EmptyState icon={<LayersIcon />} title="No layer is archived">
          A layer of which nobody holds slots can be put away; its key and its ledger stay.
        </EmptyState>
      ) : (
        <EmptyState
          icon={<LayersIcon />}
          title="The slots of your layers appear here"
          action={props.action}
        >
          Two experiments on the same page disturb each other unless a layer keeps their people
          apart.
        </EmptyState>
      )}
    </Card>
  );
}

/** Where something is measured; production if it is, or if nothing is anywhere. */
function firstOf(environments: readonly string[]): string {
  return environments.includes("production") ? "production" : (environments[0] ?? "production");
}

function Heading(props: {
  id: string;
  title: string;
  action: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <div className="flex flex-wrap items-end justify-between gap-3">
      <div>
        <h2 id={props.id} className="text-panel font-semibold">
          {props.title}
        </h2>
        <p className="text-fg2">{props.children}</p>
      </div>
      {props.action}
    </div>
  );
}
