import {
  CodeBlock,
  Hash,
  KeyValues,
  LinkButton,
  PanelSection,
  SidePanel,
  TextLink,
  formatDuration,
  formatUtc,
  useHrefWith,
} from "@paceline/web-kit";
import type { KeyValue } from "@paceline/web-kit";

import { eventNamePage, eventsPage } from "../pages.ts";
import { nameOf } from "../words.ts";
import { itemKey, useFeed } from "./feed.ts";
import type { FeedItem } from "./feed.ts";
import { EventVerdict } from "./Verdict.tsx";

/** Everything that is known of one event. */
export function EventDrawer(props: { environment: string; itemKey: string }) {
  const { environment } = props;
  const feed = useFeed();
  const hrefWith = useHrefWith(eventsPage);
  const item = [...feed.items, ...feed.held].find((one) => itemKey(one) === props.itemKey);
  const closeTo = hrefWith({ open: undefined });
  if (item === undefined)
    return (
      <SidePanel title="Event" closeTo={closeTo}>
        <PanelSection>
          This event is not among the newest any more. Filter by its name or person to find it.
        </PanelSection>
      </SidePanel>
    );
  const { type, event, unit } = item;
  return (
    <SidePanel
      title={nameOf(item)}
      meta={type}
      closeTo={closeTo}
      foot={
        type !== "bad" && (
          <LinkButton to={eventNamePage.href({}, { environment, type, event })}>
            All {nameOf(item)} events
          </LinkButton>
        )
      }
    >
      <Judgement item={item} />
      <PanelSection title="Who and where">
        <KeyValues
          narrow
          items={[
            {
              key: "Person",
              value: <TextLink to={hrefWith({ unit, open: undefined })}>{unit}</TextLink>,
            },
            ...present("User id", item.userId),
            ...present("Anonymous", item.anonymousId),
            { key: "Source", value: item.source },
            { key: "Message", value: <Hash value={item.messageId} label="Copy message id" /> },
          ]}
        />
      </PanelSection>
      <Times item={item} />
      <PanelSection>
        <CodeBlock label="Properties" code={JSON.stringify(item.properties, null, 2)} />
      </PanelSection>
      <PanelSection>
        <CodeBlock label="Context" code={JSON.stringify(item.context, null, 2)} />
      </PanelSection>
    </SidePanel>
  );
}

function present(key: string, value: string | null | undefined): KeyValue[] {
  return value == null ? [] : [{ key, value }];
}

function Judgement(props: { item: FeedItem }) {
  const { verdict, fault, flagKey, variant } = props.item;
  const words = fault ?? (verdict?.outcome === "violated" ? verdict : null);
  if (verdict == null && fault == null && flagKey === null) return null;
  return (
    <PanelSection title="Verdict">
      <div className="flex flex-col items-start gap-1.5">
        <EventVerdict item={props.item} hideNone />
        {verdict?.plan != null && (
          <span>
            Plan <code className="font-mono text-small">{verdict.plan}</code>
          </span>
        )}
        {words !== null && (
          <span className="text-fg2">
            <code className="font-mono text-small">{words.path === "" ? "/" : words.path}</code>{" "}
            {words.reason}
          </span>
        )}
        {flagKey !== null && (
          <span>
            Shown <strong className="font-medium">{variant}</strong> of {flagKey}
          </span>
        )}
      </div>
    </PanelSection>
  );
}

/** The client's own clock, what it was corrected by, and how long it was under way. */
function Times(props: { item: FeedItem }) {
  const { at, timestamp, sentAt, receivedAt } = props.item;
  const skewMs = timestamp != null && sentAt != null ? Date.parse(at) - Date.parse(timestamp) : 0;
  return (
    <PanelSection title="Times">
      <KeyValues
        narrow
        items={[
          { key: "Happened", value: formatUtc(at) },
          ...(timestamp == null
            ? []
            : [
                {
                  key: "Its clock",
                  value: (
                    <>
                      {formatUtc(timestamp)}
                      {skewMs !== 0 && (
                        <span className="text-small text-fg3">
                          corrected by {formatDuration(Math.abs(skewMs))}{" "}
                          {skewMs > 0 ? "forwards" : "backwards"}
                        </span>
                      )}
                    </>
                  ),
                },
              ]),
          ...(sentAt == null ? [] : [{ key: "Sent", value: formatUtc(sentAt) }]),
          { key: "Received", value: formatUtc(receivedAt) },
          {
            key: "Under way",
            value: formatDuration(Math.max(0, Date.parse(receivedAt) - Date.parse(at))),
          },
        ]}
      />
    </PanelSection>
  );
}
