/**
 * A stretch of the log of one node, by the sequence numbers of its log files. A log file is the
 * stretch `seq..seq`; a segment made by merging covers the stretches of its inputs.
 */
export interface Stretch {
  readonly node: string;
  readonly from: number;
  readonly to: number;
}

const LOG_NAME = /^([a-z0-9]+(?:-[a-z0-9]+)*)-(\d{12})\.ndjson$/;
const SEGMENT_NAME = /^([a-z0-9]+(?:-[a-z0-9]+)*)-(\d{12})-(\d{12})\.parquet$/;

/** Node ids are part of file names. */
export function isNodeId(text: string): boolean {
  return /^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(text) && text.length <= 64;
}

export function logName(node: string, seq: number): string {
  return `${node}-${pad(seq)}.ndjson`;
}

export function segmentName(stretch: Stretch): string {
  return `${stretch.node}-${pad(stretch.from)}-${pad(stretch.to)}.parquet`;
}

/** @returns null for files that are none of the log's */
export function parseLogName(name: string): Stretch | null {
  const match = LOG_NAME.exec(name);
  const [, node, seq] = match ?? [];
  if (node === undefined || seq === undefined) return null;
  return { node, from: Number(seq), to: Number(seq) };
}

/** @returns null for files that are no segments */
export function parseSegmentName(name: string): Stretch | null {
  const [, node, from, to] = SEGMENT_NAME.exec(name) ?? [];
  if (node === undefined || from === undefined || to === undefined) return null;
  return { node, from: Number(from), to: Number(to) };
}

/** Whether everything of `inner` is also in `outer`. */
export function covers(outer: Stretch, inner: Stretch): boolean {
  return outer.node === inner.node && outer.from <= inner.from && inner.to <= outer.to;
}

function pad(seq: number): string {
  return String(seq).padStart(12, "0");
}
