import { isDeepStrictEqual } from "node:util";

import type { Pickle } from "@cucumber/messages";

import type { Details, TestbedClient } from "./provider-clients.ts";
import type { Launchpad } from "./testbed-server.ts";

type Event = "ready" | "error" | "stale" | "change";

/** What a scenario is run with. */
export interface Stage {
  readonly open: (type: string, options: Record<string, unknown>) => Promise<TestbedClient>;
  readonly launchpad: Launchpad;
}

interface World {
  readonly stage: Stage;
  readonly options: Record<string, unknown>;
  readonly context: Record<string, unknown>;
  /** Events that came and were not asked for yet, and who waits for one. */
  readonly events: Event[];
  wake: () => void;
  client: TestbedClient | null;
  flag: { readonly key: string; readonly type: string; readonly fallback: unknown } | null;
  details: Details | null;
}

const EVENT_PATIENCE_MS = 20_000;

function readValue(type: string, source: string): unknown {
  switch (type.toLowerCase()) {
    case "boolean":
      return source.toLowerCase() === "true";
    case "integer":
    case "float":
    case "long":
      return Number(source);
    case "stringlist":
      return source.split(",").map((one) => one.trim());
    case "object":
      return source === "null" ? undefined : JSON.parse(source);
    default:
      return source;
  }
}

function clientOf(world: World): TestbedClient {
  if (world.client === null) throw new Error("there is no client");
  return world.client;
}

function same(actual: unknown, expected: unknown): void {
  if (isDeepStrictEqual(actual, expected)) return;
  throw new Error(`${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
}

/** Waits until an event has come, then forgets all that came. */
async function expectEvent(world: World, event: Event, patienceMs: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`no ${event} event came; seen: ${world.events.join(", ")}`));
  }, patienceMs);
  try {
    while (!world.events.includes(event)) {
      const next = Promise.withResolvers<void>();
      world.wake = next.resolve;
      await Promise.race([next.promise, late.promise]);
    }
  } finally {
    clearTimeout(timer);
  }
  world.events.length = 0;
}

type Step = readonly [
  RegExp,
  (world: World, groups: readonly string[], rows: readonly (readonly string[])[]) => unknown,
];

const STEPS: readonly Step[] = [
  [
    /^an option "(.*)" of type "(.*)" with value "(.*)"$/,
    ({ options }, [name = "", type = "", value = ""]) => (options[name] = readValue(type, value)),
  ],
  [
    /^an? (.*) flagd provider$/,
    async (world, [type = ""]) => {
      const { metadata, ...options } = world.options;
      world.client = await world.stage.open(type, metadata === undefined ? world.options : options);
    },
  ],
  [
    /^an? (\w+)-flag with key "(.*)" and a (?:fallback|default) value "(.*)"$/,
    (world, [type = "", key = "", fallback = ""]) =>
      (world.flag = { key, type, fallback: readValue(type, fallback) }),
  ],
  [
    /^a context containing a key "(.*)", with type "(.*)" and with value "(.*)"$/,
    ({ context }, [key = "", type = "", value = ""]) => (context[key] = readValue(type, value)),
  ],
  [
    /^a context containing a targeting key with value "(.*)"$/,
    ({ context }, [value = ""]) => (context["targetingKey"] = value),
  ],
  [
    /^a context containing a nested property with outer key "(.*)" and inner key "(.*)", with value "(.*)"$/,
    ({ context }, [outer = "", inner = "", value = ""]) => (context[outer] = { [inner]: value }),
  ],
  [
    /^an? (ready|error|stale|change) event handler$/,
    (world, [event]) =>
      clientOf(world).on(event as Event, () => {
        world.events.push(event as Event);
        world.wake();
      }),
  ],
  [
    /^(?:the )?(ready|error|stale|change) event handler should have been executed(?: within (\d+)ms)?$/,
    (world, [event, within]) =>
      expectEvent(world, event as Event, Number(within ?? EVENT_PATIENCE_MS)),
  ],
  [
    /^an? (ready|error|stale|change) event was fired$/,
    (world, [event]) => expectEvent(world, event as Event, EVENT_PATIENCE_MS),
  ],
  [/^the connection is lost for (\d+)s$/, ({ stage }, [s]) => stage.launchpad.lose(Number(s))],
  [/^the flag was modified$/, ({ stage }) => stage.launchpad.flags.change()],
  [/^the flag should be part of the event payload$/, () => undefined],
  [
    /^the client should be in (.*) state$/,
    (world, [state = ""]) => same(clientOf(world).status(), state.toUpperCase()),
  ],
  [
    /^the flag was evaluated with details$/,
    async (world) => {
      const { flag } = world;
      if (flag === null) throw new Error("no flag was given");
      const client = clientOf(world);
      world.details = await client.evaluate(flag.type, flag.key, flag.fallback, world.context);
    },
  ],
  [
    /^the resolved details value should be "(.*)"$/,
    ({ details, flag }, [value = ""]) => same(details?.value, readValue(flag?.type ?? "", value)),
  ],
  [/^the variant should be "(.*)"$/, ({ details }, [v = ""]) => same(details?.variant ?? "", v)],
  [/^the reason should be "(.*)"$/, ({ details }, [reason]) => same(details?.reason, reason)],
  [
    /^the error-code should be "(.*)"$/,
    ({ details }, [code = ""]) => same(details?.errorCode ?? "", code),
  ],
  [/^the resolved metadata is empty$/, ({ details }) => same(details?.flagMetadata, {})],
  [
    /^the resolved metadata should contain$/,
    ({ details }, _groups, [, ...rows]) => {
      for (const [name = "", type = "", value = ""] of rows) {
        same(details?.flagMetadata[name], readValue(type, value));
      }
    },
  ],
];

async function runStep(world: World, step: Pickle["steps"][number]): Promise<void> {
  const text = step.text.replaceAll('\\"', '"');
  const rows = step.argument?.dataTable?.rows.map(({ cells }) => cells.map(({ value }) => value));
  for (const [pattern, act] of STEPS) {
    const found = pattern.exec(text);
    if (found === null) continue;
    await act(world, found.slice(1), rows ?? []);
    return;
  }
  throw new Error("there is no such step here");
}

/** @returns the first fault, or null */
export async function runSteps(pickle: Pickle, stage: Stage): Promise<string | null> {
  const world: World = {
    stage,
    options: {},
    context: {},
    events: [],
    wake: () => undefined,
    client: null,
    flag: null,
    details: null,
  };
  try {
    for (const step of pickle.steps) {
      try {
        await runStep(world, step);
      } catch (error) {
        return `${step.text}: ${error instanceof Error ? error.message : String(error)}`;
      }
    }
    return null;
  } finally {
    await world.client?.close();
    await stage.launchpad.stop();
  }
}
