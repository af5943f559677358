import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What a span may say: fixed words, counts and names of kinds. Never values of events or queries,
 * addresses, query strings, bodies, names of people or credentials.
 */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** Names a span of any trace, for links and log lines. */
export interface SpanIdentity {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly isSampled: boolean;
}

/** A piece of work under way. Without an exporter there is none, and nothing is paid. */
export interface ActiveSpan extends SpanIdentity {
  readonly hasEnded: boolean;
  /** Whether this is the work of taking in what a Paceline exports: never exported in turn. */
  readonly isOwnExport: boolean;
  set(attributes: SpanAttributes): void;
  /** Gives it a better name; the first one stays. */
  rename(name: string): void;
  /** Marks it as failed; only the kind of the fault is kept, its message may hold anything. */
  fail(cause: unknown): void;
  begin(name: string, attributes: SpanAttributes): ActiveSpan;
  end(): void;
}

const active = new AsyncLocalStorage<ActiveSpan>();

/** The span that the caller works for, if there is one under way. */
export function activeSpan(): ActiveSpan | undefined {
  const span = active.getStore();
  return span === undefined || span.hasEnded ? undefined : span;
}

/** Runs work, and all that it starts, for a span. */
export function withSpan<T>(span: ActiveSpan, work: () => T): T {
  return active.run(span, work);
}

/** Runs work under a span that ends with it. */
export async function during<T>(span: ActiveSpan, work: () => Promise<T>): Promise<T> {
  try {
    return await withSpan(span, work);
  } catch (cause) {
    span.fail(cause);
    throw cause;
  } finally {
    span.end();
  }
}

/** Runs work as a part of the active span; where there is none, it just runs. */
export function inSpan<T>(
  name: string,
  attributes: SpanAttributes,
  work: () => Promise<T>,
): Promise<T> {
  const parent = activeSpan();
  if (parent === undefined || !parent.isSampled) return work();
  return during(parent.begin(name, attributes), work);
}

/** `traceparent` of the active span, for requests that Paceline sends to others. */
export function traceHeaders(): Readonly<Record<string, string>> {
  const span = activeSpan();
  return span === undefined ? {} : { traceparent: traceParent(span) };
}

/** A span as W3C Trace Context writes it. */
export function traceParent({ traceId, spanId, isSampled }: SpanIdentity): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}
