import type { ReceiptStatusView } from "@paceline/flags/api";
import { Card, CardRow, Loaded, Skeleton, formatCount, formatNumber } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { RolloutDocument } from "../../plan-api.ts";
import { receiptsQuery } from "../plan-queries.ts";
import { rollbackQuery } from "../queries.ts";
import { receiptSentence } from "./receipt-sentence.ts";

/** Which clients evaluate with what the rollout published last; delivered apart from acknowledged. */
export function ReceiptsCard(props: { rollout: RolloutDocument }) {
  const { environment, flagKey, executionId } = props.rollout;
  const rollbacks = useQuery({
    ...rollbackQuery(environment, flagKey),
    enabled: executionId !== null,
  });
  // What took it back is what clients should evaluate with by now.
  const back = rollbacks.data?.executions.find(({ id }) => id === executionId);
  const revision = back?.toRevision ?? props.rollout.revision;
  const query = useQuery(receiptsQuery(environment, revision ?? 0));
  return (
    <Card title="Clients" note={`revision ${revision ?? 0}`} flush>
      <Loaded
        query={query}
        skeleton={
          <div className="card-p">
            <Skeleton />
          </div>
        }
      >
        {(receipts) => (
          <>
            <p className="card-px border-b border-line py-3 text-lead font-medium tabular-nums">
              {receiptSentence(receipts)}
            </p>
            <CardRow
              value={`${formatNumber(receipts.acknowledged)} of ${formatNumber(receipts.expected)}`}
            >
              Acknowledged by SDKs
            </CardRow>
            <CardRow value={deliveredWords(receipts)}>Delivered to other protocols</CardRow>
            <CardRow value={formatCount(receipts.connected, "client")}>Connected now</CardRow>
          </>
        )}
      </Loaded>
    </Card>
  );
}

/** SDKs acknowledge; what the others were sent says nothing of what they evaluate with. */
function deliveredWords({ byProtocol }: ReceiptStatusView): string {
  const { sdk: _, ...others } = byProtocol;
  const all = Object.values(others);
  const sum = (of: "delivered" | "expected") =>
    all.reduce((total, protocol) => total + protocol[of], 0);
  return `${formatNumber(sum("delivered"))} of ${formatNumber(sum("expected"))}`;
}
