import { auditEntryHref } from "@paceline/audit/web";
import {
  Badge,
  CodeBlock,
  IntervalRow,
  RelativeTime,
  Sparkline,
  TextLink,
  formatNumber,
  formatSigned,
} from "@paceline/web-kit";
import type { Tone } from "@paceline/web-kit";
import { CircleCheck, CircleDashed, Hand, OctagonAlert, TriangleAlert } from "lucide-react";
import type { LucideIcon } from "lucide-react";

import type { GuardReadingDocument, GuardStateDocument } from "../../api.ts";
import type { Guard, GuardVerdict } from "../../domain/guard.ts";
import { actionNames, guardWords } from "../plan-words.ts";
import { bucketValues, flatNumbers, harmDomain, harmOf } from "./guard-numbers.ts";

type Kept = GuardStateDocument["kept"][number];

const looks = {
  pass: { word: "Holds", tone: "positive", icon: CircleCheck },
  warn: { word: "Warns", tone: "caution", icon: TriangleAlert },
  hold: { word: "Holds it back", tone: "caution", icon: Hand },
  "roll-back": { word: "Breached", tone: "negative", icon: OctagonAlert },
  "no-data": { word: "No data yet", tone: "plain", icon: CircleDashed },
} as const satisfies Record<
  GuardVerdict,
  { readonly word: string; readonly tone: Tone; readonly icon: LucideIcon }
>;

const plotWidth = 260;
const shownChanges = 5;

/** One guard: its verdict and why, its interval as a plot, and everything behind it on request. */
export function GuardPart(props: {
  guard: Guard;
  reading: GuardReadingDocument | undefined;
  kept: readonly Kept[];
  sql: string | undefined;
  begun: boolean;
}) {
  const { guard, reading, kept, sql, begun } = props;
  return (
    <li className="card-p flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <h3 className="min-w-0 font-medium break-words">{guard.name}</h3>
        <span className="flex flex-wrap items-center gap-1.5">
          <Badge>On breach: {actionNames[guard.action].toLowerCase()}</Badge>
          {begun && <VerdictOfGuard verdict={reading?.verdict} />}
        </span>
      </div>
      <p className="text-small break-words text-fg2">{guardWords(guard.source)}.</p>
      {reading !== undefined && (
        <>
          <p className="break-words">{reading.reason}</p>
          <Plot guard={guard} reading={reading} />
          <p className="text-small text-fg3">
            Read <RelativeTime at={reading.at} />
            {reading.newestEventAt === null ? (
              ", no event counted yet"
            ) : (
              <>
                ; newest event <RelativeTime at={reading.newestEventAt} />
              </>
            )}
          </p>
          <Behind reading={reading} kept={kept} sql={sql} />
        </>
      )}
    </li>
  );
}

function VerdictOfGuard(props: { verdict: GuardVerdict | undefined }) {
  if (props.verdict === undefined) return <Badge dashed>Not read yet</Badge>;
  const { word, tone, icon: Icon } = looks[props.verdict];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {word}
    </Badge>
  );
}

function Plot(props: { guard: Guard; reading: GuardReadingDocument }) {
  const { guard, reading } = props;
  const { numbers, verdict } = reading;
  const interval = harmOf(numbers);
  if (interval !== null) {
    const { harm, low, high, margin } = interval;
    const domain = harmDomain(interval);
    const format = (value: number) => formatSigned(value, digitsFor(domain));
    const ends =
      low === null || high === null
        ? "the interval is still open"
        : `${format(low)} to ${format(high)}`;
    return (
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <div className="max-w-full overflow-clip">
          <IntervalRow
            metric={`Harm by ${guard.name}`}
            effect={harm}
            low={low ?? domain[0]}
            high={high ?? domain[1]}
            domain={domain}
            margin={margin}
            tone={verdict === "roll-back" ? "negative" : "plain"}
            format={format}
            width={plotWidth}
          />
        </div>
        <span className="text-small text-fg2 tabular-nums">
          Harm {format(harm)}, {ends}; accepted {format(margin)}
        </span>
      </div>
    );
  }
  const values = bucketValues(numbers);
  const last = values.at(-1);
  if (values.length < 2 || last === undefined) return null;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <Sparkline
        label={`${guard.name}: ${values.length} values, now ${formatNumber(last, 2)}`}
        values={values}
        tone={verdict === "roll-back" ? "negative" : "plain"}
        width={plotWidth}
        height={32}
      />
      <span className="text-small text-fg2 tabular-nums">now {formatNumber(last, 2)}</span>
    </div>
  );
}

/** Enough decimals for the span of a plot. */
function digitsFor([from, to]: readonly [number, number]): number {
  return Math.min(5, Math.max(0, 2 - Math.floor(Math.log10(to - from))));
}

function Behind(props: {
  reading: GuardReadingDocument;
  kept: readonly Kept[];
  sql: string | undefined;
}) {
  const { reading, kept, sql } = props;
  const numbers = flatNumbers(reading.numbers);
  const changes = kept.slice(0, shownChanges);
  return (
    <details>
      <summary className="w-fit rounded-badge text-small text-fg2 hover:text-fg">
        The numbers behind it
      </summary>
      <div className="mt-2 flex flex-col gap-3">
        {numbers.length > 0 && (
          <dl className="grid grid-cols-2 gap-x-6 gap-y-1 sm:grid-cols-3">
            {numbers.map(({ name, value }) => (
              <div
                key={name}
                className="flex justify-between gap-2 border-b border-line text-small"
              >
                <dt className="text-fg3">{name}</dt>
                <dd className="tabular-nums">{formatNumber(value, precisionOf(value))}</dd>
              </div>
            ))}
          </dl>
        )}
        {changes.length > 0 && (
          <ul aria-label="What it said before" className="flex flex-col gap-1 text-small">
            {changes.map((one) => (
              <li key={one.id} className="flex flex-wrap gap-x-3 text-fg2">
                <RelativeTime at={one.at} />
                <span className="min-w-0 flex-1 break-words">
                  {looks[one.verdict].word}: {one.reason}
                </span>
                {one.auditEntry !== null && (
                  <TextLink to={auditEntryHref(one.auditEntry)}>Audit entry</TextLink>
                )}
              </li>
            ))}
          </ul>
        )}
        {sql !== undefined && <CodeBlock label="Statement" code={sql} />}
        <CodeBlock label="Reading" code={JSON.stringify(reading.numbers, null, 2)} />
      </div>
    </details>
  );
}

function precisionOf(value: number): number {
  return Number.isInteger(value) ? 0 : 4;
}
