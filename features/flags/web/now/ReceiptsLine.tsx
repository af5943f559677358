import { Card, Loaded, Skeleton, TextLink } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import { receiptsQuery } from "../clients/queries.ts";
import { receiptWords } from "../clients/receipt-words.ts";
import { flagPage } from "../pages.ts";
import type { FlagPlace } from "../place.ts";

/** Whether clients have what is in force, in one line. */
export function ReceiptsLine(props: { at: FlagPlace; revision: number }) {
  const { at, revision } = props;
  const query = useQuery(receiptsQuery(at.environment, revision));
  return (
    <Card
      title="Clients"
      note={at.environment}
      actions={
        <TextLink
          to={flagPage.href(
            { flagKey: at.flag.key },
            { tab: "clients", environment: at.environment },
          )}
        >
          All
        </TextLink>
      }
    >
      <Loaded query={query} skeleton={<Skeleton />}>
        {(receipts) => <p className="tabular-nums">{receiptWords(receipts)}.</p>}
      </Loaded>
    </Card>
  );
}
