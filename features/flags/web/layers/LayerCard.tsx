import {
  Badge,
  Button,
  Card,
  ChartFrame,
  Loaded,
  RelativeTime,
  Skeleton,
  TextLink,
  formatDate,
  formatNumber,
  formatPercent,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";

import type { LayerMap, LayerView } from "../../layer-api.ts";
import { flagPage } from "../pages.ts";
import { layerMapQuery } from "./queries.ts";
import { SlotKey, SlotStrip } from "./SlotStrip.tsx";
import type { Stretch } from "./SlotStrip.tsx";

const ArchiveLayerDialog = lazy(async () => ({
  default: (await import("./ArchiveLayerDialog.tsx")).ArchiveLayerDialog,
}));

type Slot = LayerMap["slots"][number];

const looks = { held: "held", quarantined: "waiting", free: "free" } as const;

function wordsOf({ state, flagKey, ruleId, quarantinedUntil }: Slot): string {
  if (state === "held") return `${flagKey ?? ""}, ${ruleId ?? ""}`;
  if (state === "free") return "Free";
  return `Given to nobody until ${quarantinedUntil === null ? "later" : formatDate(quarantinedUntil)}`;
}

function stretchOf(slot: Slot): Stretch {
  const { from, to, state } = slot;
  return {
    from,
    to,
    look: looks[state],
    words: wordsOf(slot),
    label: state === "held" ? (slot.flagKey ?? undefined) : undefined,
  };
}

function answerOf(map: LayerMap): string {
  const { heldShare, quarantinedShare, freeShare } = map;
  return `Layer ${map.name}: ${formatPercent(heldShare)} held, ${formatPercent(quarantinedShare)} resting, ${formatPercent(freeShare)} free`;
}

/** One layer: its 100,000 slots in an environment, and who holds them. */
export function LayerCard(props: {
  layer: LayerView;
  environment: string;
  mayEdit: boolean;
  onEdit: () => void;
}) {
  const { layer, environment, mayEdit, onEdit } = props;
  const isArchived = layer.archivedAt !== null;
  return (
    <Card
      level={3}
      title={layer.name}
      note={`by ${layer.unit}; freed slots rest ${layer.carryOverDays} days`}
      actions={
        <>
          {isArchived && <Badge>Archived</Badge>}
          {mayEdit && !isArchived && (
            <Button small kind="quiet" onClick={onEdit}>
              Edit
            </Button>
          )}
          {mayEdit && <PutAway layer={layer} />}
        </>
      }
    >
      {layer.description !== "" && <p className="mb-3 text-fg2">{layer.description}</p>}
      {layer.archivedAt === null ? (
        <Slots layerKey={layer.key} environment={environment} />
      ) : (
        <p className="text-fg2">
          Put away on {formatDate(layer.archivedAt)}. Its key and its ledger stay; rules can claim
          slots of it again once it is restored.
        </p>
      )}
    </Card>
  );
}

function PutAway(props: { layer: LayerView }) {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button small kind="quiet" onClick={() => setAsking(true)}>
        {props.layer.archivedAt === null ? "Archive" : "Restore"}
      </Button>
      {asking && (
        <Suspense>
          <ArchiveLayerDialog layer={props.layer} onClose={() => setAsking(false)} />
        </Suspense>
      )}
    </>
  );
}

function Slots(props: { layerKey: string; environment: string }) {
  const query = useQuery(layerMapQuery(props.layerKey, props.environment));
  return (
    <Loaded query={query} skeleton={<Skeleton className="h-16" />}>
      {(map) => <MapOf map={map} />}
    </Loaded>
  );
}

function MapOf(props: { map: LayerMap }) {
  const { map } = props;
  const held = map.slots.filter(({ state }) => state === "held");
  return (
    <div className="flex flex-col gap-4">
      <ChartFrame
        title={answerOf(map)}
        rows={map.slots}
        rowKey={({ from }) => String(from)}
        columns={[
          {
            label: "Slots",
            cell: ({ from, to }) => `${formatNumber(from)} to ${formatNumber(to)}`,
          },
          { label: "State", cell: ({ state }) => (state === "quarantined" ? "resting" : state) },
          { label: "Flag", cell: ({ flagKey }) => flagKey ?? "" },
          { label: "Rule", cell: ({ ruleId }) => ruleId ?? "" },
          {
            label: "Until",
            cell: ({ quarantinedUntil }) =>
              quarantinedUntil === null ? "" : formatDate(quarantinedUntil),
          },
        ]}
        note={
          <>
            <SlotKey look="held">held {formatPercent(map.heldShare)}</SlotKey>
            <SlotKey look="waiting">resting {formatPercent(map.quarantinedShare)}</SlotKey>
            <SlotKey look="free">free {formatPercent(map.freeShare)}</SlotKey>
          </>
        }
      >
        <SlotStrip label={answerOf(map)} stretches={map.slots.map(stretchOf)} />
      </ChartFrame>
      {held.length > 0 && (
        <ul className="flex flex-col divide-y divide-line border-t border-line">
          {held.map((slot) => (
            <li
              key={slot.from}
              className="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-0.5 py-2"
            >
              <span className="min-w-0">
                <TextLink
                  to={flagPage.href(
                    { flagKey: slot.flagKey ?? "" },
                    { environment: map.environment, tab: "rules" },
                  )}
                >
                  {slot.flagKey}
                </TextLink>{" "}
                <span className="text-fg2">{slot.ruleId}</span>
              </span>
              <span className="text-small text-fg2 tabular-nums">
                {formatPercent((slot.to - slot.from) / 100_000)} of the units
                {slot.since !== null && (
                  <>
                    , since <RelativeTime at={slot.since} />
                  </>
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
      {map.nextFreeAt !== null && (
        <p className="text-small text-fg2">
          The next slots can be given again on {formatDate(map.nextFreeAt)}: until then nobody gets
          people who still remember the last experiment.
        </p>
      )}
    </div>
  );
}
