import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import type { Context, Link, Span, SpanContext, Tracer } from "@opentelemetry/api";
import { W3CTraceContextPropagator } from "@opentelemetry/core";

import type { ActiveSpan, SpanAttributes, SpanIdentity } from "./span.ts";

/** Begins spans that have no parent in this process. */
export interface Tracing {
  /** A request that came in; goes on with the trace that its headers name. */
  serve(name: string, attributes: SpanAttributes, headers: RequestHeaders): ActiveSpan;
  /** Work that the server does by itself, linked to what caused it. */
  begin(name: string, attributes: SpanAttributes, links?: readonly SpanIdentity[]): ActiveSpan;
}

export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * Sent along with each export, with the flag "not sampled". It keeps whoever takes the export in, this
 * server or another Paceline, from tracing what it does for it and from exporting what it logs:
 * exports must not cause exports. It counts on the intake's own routes only, so that nobody can use it
 * to stay unseen elsewhere.
 */
export const OWN_EXPORT = { key: "paceline", value: "export" } as const;
const OTLP_ROUTE = /^\/v1\/(?:traces|metrics|logs)$/;

function isExport(attributes: SpanAttributes, remote: SpanContext | undefined): boolean {
  return (
    remote?.traceState?.get(OWN_EXPORT.key) === OWN_EXPORT.value &&
    OTLP_ROUTE.test(String(attributes["http.route"]))
  );
}

const propagator = new W3CTraceContextPropagator();
const getter = {
  get(headers: RequestHeaders, name: string): string | string[] | undefined {
    const value = headers[name];
    return value === undefined || typeof value === "string" ? value : [...value];
  },
  keys: (headers: RequestHeaders): string[] => Object.keys(headers),
};

/** Spans by the SDK behind our own face of them. */
export function tracingOf(tracer: Tracer): Tracing {
  return {
    serve(name, attributes, headers) {
      const parent = propagator.extract(ROOT_CONTEXT, headers, getter);
      const remote = trace.getSpanContext(parent);
      if (remote !== undefined && isExport(attributes, remote)) {
        const unsampled = trace.wrapSpanContext({ ...remote, traceFlags: TraceFlags.NONE });
        return new SdkSpan(tracer, unsampled, parent, { isOwnExport: true, hasName: true });
      }
      const options = { kind: SpanKind.SERVER, attributes: { ...attributes } };
      const span = tracer.startSpan(name, options, parent);
      return new SdkSpan(tracer, span, parent, { isOwnExport: false, hasName: true });
    },
    begin(name, attributes, links = []) {
      const options = { attributes: { ...attributes }, links: links.map(linkTo) };
      const span = tracer.startSpan(name, options, ROOT_CONTEXT);
      return new SdkSpan(tracer, span, ROOT_CONTEXT, { isOwnExport: false, hasName: true });
    },
  };
}

function linkTo({ traceId, spanId, isSampled }: SpanIdentity): Link {
  const traceFlags = isSampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return { context: { traceId, spanId, traceFlags } };
}

interface Facts {
  readonly isOwnExport: boolean;
  /** Whether the name is final: parts of a whole may get a better one once it is known what they do. */
  readonly hasName: boolean;
}

class SdkSpan implements ActiveSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  readonly isOwnExport: boolean;
  readonly #tracer: Tracer;
  readonly #span: Span;
  readonly #context: Context;
  #hasName: boolean;
  #hasEnded = false;

  constructor(tracer: Tracer, span: Span, parent: Context, { isOwnExport, hasName }: Facts) {
    this.#hasName = hasName;
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
    this.isSampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
    this.isOwnExport = isOwnExport;
    this.#tracer = tracer;
    this.#span = span;
    this.#context = trace.setSpan(parent, span);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes({ ...attributes });
  }

  rename(name: string): void {
    if (this.#hasName) return;
    this.#hasName = true;
    this.#span.updateName(name);
  }

  fail(cause: unknown): void {
    const kind =
      cause instanceof Error ? cause.name : typeof cause === "string" ? cause : "unknown";
    this.#span.setAttributes({ "error.type": kind });
    this.#span.setStatus({ code: SpanStatusCode.ERROR });
  }

  begin(name: string, attributes: SpanAttributes): ActiveSpan {
    const span = this.#tracer.startSpan(name, { attributes: { ...attributes } }, this.#context);
    const { isOwnExport } = this;
    return new SdkSpan(this.#tracer, span, this.#context, { isOwnExport, hasName: false });
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#span.end();
  }
}
