import { formatDateTime, formatRelative, formatUtc } from "../format.ts";
import type { Instant } from "../format.ts";
import { useNow } from "./now.ts";

function machineTime(at: Instant): string {
  return new Date(at).toISOString();
}

/** "4 min ago"; the exact UTC time on hover. */
export function RelativeTime(props: { at: Instant }) {
  const now = useNow();
  return (
    <time dateTime={machineTime(props.at)} title={formatUtc(props.at)}>
      {formatRelative(props.at, now)}
    </time>
  );
}

/** "23 Nov 2026, 14:05" in the reader's zone; UTC on hover. */
export function AbsoluteTime(props: {
  at: Instant;
  format?: ((at: Instant) => string) | undefined;
}) {
  const { at, format = formatDateTime } = props;
  return (
    <time dateTime={machineTime(at)} title={formatUtc(at)}>
      {format(at)}
    </time>
  );
}
