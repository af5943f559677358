import type { EventQuery, ExportFormat, ExportQuery } from "../../domain/index.ts";
import type { SealedLog } from "../log/recovery.ts";
import type { Stretch } from "../log/segment-name.ts";
import type {
  EngineStats,
  EraseOutcome,
  EraseRequest,
  IdentifyRequest,
  QueryAnswer,
  RetainedMonth,
  RetainRequest,
  SourceMessages,
} from "./answers.ts";

/** What the engine's thread can be asked, with what it answers. */
export interface EngineCalls {
  readonly query: {
    readonly argument: EventQuery;
    readonly answer: QueryAnswer<EventQuery["kind"]>;
  };
  /** Writes a file; the answer is the number of events in it. */
  readonly exportTo: {
    readonly argument: {
      readonly query: ExportQuery;
      readonly format: ExportFormat;
      readonly path: string;
    };
    readonly answer: number;
  };
  readonly load: { readonly argument: SealedLog; readonly answer: null };
  readonly maintain: { readonly argument: null; readonly answer: boolean };
  readonly erase: { readonly argument: EraseRequest; readonly answer: EraseOutcome };
  readonly identify: { readonly argument: IdentifyRequest; readonly answer: readonly string[] };
  readonly retain: {
    readonly argument: RetainRequest;
    readonly answer: readonly RetainedMonth[];
  };
  readonly forget: {
    readonly argument: { readonly workspace: string; readonly environment: string };
    readonly answer: number;
  };
  readonly messageIds: {
    readonly argument: { readonly storedSince: number; readonly part: number };
    readonly answer: readonly SourceMessages[] | null;
  };
  readonly stretches: { readonly argument: null; readonly answer: readonly Stretch[] };
  readonly stats: { readonly argument: null; readonly answer: EngineStats };
  readonly close: { readonly argument: null; readonly answer: null };
}

export type EngineCall = keyof EngineCalls;

export type EngineRequest = {
  readonly [K in EngineCall]: {
    readonly id: number;
    readonly call: K;
    readonly argument: EngineCalls[K]["argument"];
  };
}[EngineCall];

export type EngineReply<K extends EngineCall = EngineCall> =
  | { readonly id: number; readonly ok: true; readonly answer: EngineCalls[K]["answer"] }
  | { readonly id: number; readonly ok: false; readonly message: string };
