import { Button, Card, Columns, useMay } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";

import { reachQuery } from "../editor/use-reach.ts";
import type { FlagPlace } from "../place.ts";
import { baseVariant } from "../variant-look.ts";
import { AboutCard } from "./AboutCard.tsx";
import { EnvironmentsTable } from "./EnvironmentsTable.tsx";
import { ReachNow } from "./ReachNow.tsx";
import { ReceiptsLine } from "./ReceiptsLine.tsx";
import { RulesInForce } from "./RulesInForce.tsx";

const PromoteDialog = lazy(async () => ({
  default: (await import("./PromoteDialog.tsx")).PromoteDialog,
}));

/** Who sees what now: drawn from real contexts, in words rule by rule, and in every environment. */
export function InForceTab(props: { at: FlagPlace }) {
  const { at } = props;
  const { flag, environment, place } = at;
  const variants = Object.keys(flag.variants);
  const published = place?.published ?? null;
  const names = { variants, base: baseVariant(variants, published?.content.configuration) };
  const mayPublish = useMay("flag.publish");
  const [promoting, setPromoting] = useState(false);
  const reach = useQuery({
    ...reachQuery(flag.key, environment, null),
    enabled: published !== null,
  });
  return (
    <Columns
      aside={
        <>
          <AboutCard flag={flag} names={names} />
          {published !== null && <ReceiptsLine at={at} revision={published.revision} />}
        </>
      }
    >
      {published !== null && <ReachNow reach={reach} environment={environment} names={names} />}
      <RulesInForce at={at} reach={reach.data} names={names} />
      <Card
        title="Everywhere"
        note="what each environment serves"
        flush
        actions={
          mayPublish &&
          published !== null && (
            <Button small onClick={() => setPromoting(true)}>
              Promote
            </Button>
          )
        }
      >
        <EnvironmentsTable at={at} />
      </Card>
      {promoting && (
        <Suspense>
          <PromoteDialog at={at} onClose={() => setPromoting(false)} />
        </Suspense>
      )}
    </Columns>
  );
}
