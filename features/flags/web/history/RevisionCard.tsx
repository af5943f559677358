import {
  Button,
  Card,
  Hash,
  Loaded,
  Select,
  SkeletonRows,
  formatDateTime,
  useMay,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import type { PublicationView } from "../../api.ts";
import { servesMore } from "../../domain/index.ts";
import type { FlagPlace } from "../place.ts";
import { revisionQuery } from "../queries.ts";
import type { RevisionDetail } from "../queries.ts";
import { configurationWords, ruleWords } from "../words.ts";
import { Differences } from "./Differences.tsx";

const RevertDialog = lazy(async () => ({
  default: (await import("./RevertDialog.tsx")).RevertDialog,
}));

const before = "";

/** One revision: what it said, how it differs from any other, and putting it in force again. */
export function RevisionCard(props: {
  at: FlagPlace;
  revision: string;
  against: string | undefined;
  others: readonly PublicationView[];
  onAgainst: (against: string | undefined) => void;
}) {
  const { at, revision, against, others, onAgainst } = props;
  const { flag, environment } = at;
  const query = useQuery(revisionQuery(flag.key, environment, revision, against));
  const options = [
    { value: before, label: "The one before it" },
    ...others
      .filter((one) => String(one.revision) !== revision)
      .map((one) => ({
        value: String(one.revision),
        label: `Revision ${one.revision}, ${formatDateTime(one.publishedAt)}`,
      })),
  ];
  return (
    <Card title={`Revision ${revision}`} note={environment}>
      <div className="flex flex-col gap-4">
        <Select
          label="Compared with"
          options={options}
          value={against ?? before}
          onChange={(value) => onAgainst(value === before ? undefined : value)}
        />
        <Loaded query={query} skeleton={<SkeletonRows rows={4} />}>
          {(detail) => <RevisionOf at={at} detail={detail} />}
        </Loaded>
      </div>
    </Card>
  );
}

function RevisionOf(props: { at: FlagPlace; detail: RevisionDetail }) {
  const { at, detail } = props;
  const { differences, digest, against, content } = detail;
  return (
    <>
      {against === null ? (
        <p className="text-fg2">The first revision of this flag here; nothing came before it.</p>
      ) : differences.length === 0 ? (
        <p className="text-fg2">Nothing differs from revision {against}.</p>
      ) : (
        <section aria-label={`Against revision ${against}`}>
          <Differences differences={differences} />
        </section>
      )}
      {content !== null && (
        <details>
          <summary className="w-fit rounded-badge font-medium hover:underline">
            What it says in words
          </summary>
          <ol className="mt-2 flex list-decimal flex-col gap-1 pl-5">
            {content.configuration.rules.map((rule) => (
              <li key={rule.id}>{ruleWords(rule)}</li>
            ))}
          </ol>
          <p className="mt-1 text-fg2">{configurationWords(content.configuration)}</p>
        </details>
      )}
      {digest !== null && (
        <p className="text-small text-fg3">
          SHA-256 <Hash value={digest} />
        </p>
      )}
      {digest !== null && <PutInForce at={at} detail={detail} />}
    </>
  );
}

function PutInForce(props: { at: FlagPlace; detail: RevisionDetail }) {
  const { revision, content, digest } = props.detail;
  const { place } = props.at;
  const mayGoBack = useMay("rollback.execute");
  const mayPublish = useMay("flag.publish");
  const isMore = servesMore(place?.published?.content ?? null, content);
  const may = mayGoBack && (mayPublish || !isMore);
  // What was asked stays asked: once it is in force, the dialog may have a warning to show.
  const [asked, setAsked] = useState<{ readonly isMore: boolean }>();
  return (
    <>
      {may && place?.published?.digest !== digest && (
        <div>
          <Button kind="danger" icon={<Undo2 aria-hidden />} onClick={() => setAsked({ isMore })}>
            Put it in force again
          </Button>
        </div>
      )}
      {asked !== undefined && (
        <Suspense>
          <RevertDialog
            at={props.at}
            revision={revision}
            isMore={asked.isMore}
            onClose={() => setAsked(undefined)}
          />
        </Suspense>
      )}
    </>
  );
}
