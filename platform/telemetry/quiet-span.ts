import { during } from "./span.ts";
import type { ActiveSpan, SpanAttributes } from "./span.ts";
import type { Tracing } from "./tracing.ts";

/**
 * Runs one round of repeated work under a span of its own, which exists only if the round did something
 * that has a span, or failed: most rounds find nothing to do. Work that handles its failure itself says so
 * by `fail`.
 */
export async function inRound<T>(
  tracing: Tracing | null,
  name: string,
  work: (fail: (cause: unknown) => void) => Promise<T>,
): Promise<T> {
  if (tracing === null) return work(() => undefined);
  const span = new QuietSpan(tracing, name);
  return during(span, () => work((cause) => span.fail(cause)));
}

/** Stands in for a span until there is something to tell. */
class QuietSpan implements ActiveSpan {
  readonly isSampled = true;
  readonly isOwnExport = false;
  readonly #tracing: Tracing;
  readonly #name: string;
  #real: ActiveSpan | null = null;
  #hasEnded = false;

  constructor(tracing: Tracing, name: string) {
    this.#tracing = tracing;
    this.#name = name;
  }

  #begun(): ActiveSpan {
    this.#real ??= this.#tracing.begin(this.#name, {});
    return this.#real;
  }

  get traceId(): string {
    return this.#begun().traceId;
  }

  get spanId(): string {
    return this.#begun().spanId;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  set(attributes: SpanAttributes): void {
    this.#begun().set(attributes);
  }

  rename(name: string): void {
    this.#begun().rename(name);
  }

  fail(cause: unknown): void {
    this.#begun().fail(cause);
  }

  begin(name: string, attributes: SpanAttributes): ActiveSpan {
    return this.#begun().begin(name, attributes);
  }

  end(): void {
    this.#hasEnded = true;
    this.#real?.end();
  }
}
