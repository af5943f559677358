import { isDeepStrictEqual } from "node:util";

import type { CommandContext } from "@paceline/command";
import { Problem } from "@paceline/http";
import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

import { differences } from "../../domain/index.ts";
import { asMade, definitionOf, filePlace, fileOf, withIds } from "../../flag-file-api.ts";
import type {
  FlagFile,
  PlaceFile,
  PushedChangeView,
  PushFlagsBody,
  RuleFile,
} from "../../flag-file-api.ts";
import { archiveFlag } from "../commands/archive-flag.ts";
import { createFlag } from "../commands/create-flag.ts";
import { editConfiguration } from "../commands/edit-configuration.ts";
import { editFlag } from "../commands/edit-flag.ts";
import { editTests } from "../commands/edit-tests.ts";
import { publishFlag } from "../commands/publish-flag.ts";
import { problemOf } from "../problems.ts";
import type { FlagError } from "../problems.ts";
import type { PublicationDoor } from "../publication-door.ts";
import { definitionDigest } from "./read-files.ts";
import type { HeldFile } from "./read-files.ts";

/** Where a file is brought: one environment of the push. */
export interface PushPlace {
  readonly input: PushFlagsBody;
  readonly environment: string;
  /** The flag before the push, against which is told what moved since the pull. */
  readonly before: HeldFile | null;
  /** The flag as it is now, after the environments that came earlier in the push. */
  readonly held: HeldFile | null;
}

/** Why one file was not taken. */
export interface PushRefusal {
  readonly key: string;
  readonly kind: string;
  readonly detail: string;
}

type Action = PushedChangeView["actions"][number];
type Pushed = Result<PushedChangeView | null, readonly PushRefusal[]>;

function refused(key: string, kind: string, detail: string): Pushed {
  return err([{ key, kind, detail }]);
}

/** A command's refusal in the words that its route would use. */
function refusedBy(key: string, error: FlagError): Pushed {
  const problem = problemOf(error);
  const detail = problem instanceof Problem ? problem.details.detail : problem.message;
  return refused(key, error.kind, detail.replace(/ ?Nothing was changed\.$/, ""));
}

/**
 * What the server has in place of what was pulled; empty where nothing moved, and where the file says
 * what the server says already, because nothing is overwritten then.
 */
function movedSince(
  { input, environment, before: held }: PushPlace,
  file: FlagFile,
): readonly string[] {
  const { expected, force } = input;
  const known = expected?.[file.key];
  if (force === true || expected === undefined) return [];
  const words: string[] = [];
  const isDefined = held?.definition === definitionDigest(definitionOf(file));
  if ((known?.definition ?? null) !== (held?.definition ?? null) && !isDefined) {
    words.push(
      known?.definition === undefined || known.definition === null
        ? "it was made on the server meanwhile"
        : held === null
          ? "it is gone from the server"
          : "its definition was edited",
    );
  }
  const revision = held?.revisions[environment] ?? null;
  const place = file.environments?.[environment];
  const kept = held?.file.environments?.[environment];
  if (place === undefined || isSame(asMade(place, kept), kept ?? null)) return words;
  const pulled = known?.revisions[environment] ?? null;
  if (pulled !== revision) {
    words.push(
      `revision ${revision ?? "none"} is in force in ${environment}, the file was pulled at ${pulled ?? "none"}`,
    );
  }
  const draft = held?.drafts.get(environment) ?? null;
  if (draft !== null) {
    const drafted = { ...filePlace(draft, []), tests: undefined };
    const current = { ...kept, tests: undefined };
    const wanted = { ...asMade(place, kept), tests: undefined };
    const isForeign = !isSame(drafted, current) && !isSame(drafted, wanted);
    if (isForeign) words.push(`its draft in ${environment} has changes that nobody published`);
  }
  return words;
}

function isSame(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}

function isImported({ serve, bucketing }: RuleFile): boolean {
  return "targeting" in serve || (bucketing !== undefined && bucketing !== "flagd-v2");
}

/** Imported rules stay as they came: only an import can say what their vendor meant. */
function changedImport(place: PlaceFile, held: PlaceFile | undefined): string | null {
  const known = new Map((held?.rules ?? []).map((rule) => [rule.id, rule]));
  const changed = (place.rules ?? []).find(
    (rule) => isImported(rule) && !isSame(rule, known.get(rule.id) ?? null),
  );
  return changed === undefined ? null : (changed.id ?? "without an id");
}

async function pushDefinition(
  ctx: CommandContext,
  file: FlagFile,
  held: HeldFile | null,
): Promise<Result<Action | null, readonly PushRefusal[]>> {
  const { key } = file;
  const wanted = definitionOf(file);
  if (held === null) {
    const created = await createFlag(ctx, wanted);
    return created.ok ? ok("create") : refusedDefinition(key, created.error);
  }
  if (definitionDigest(wanted) === held.definition) return ok(null);
  const { flag } = held;
  const { key: _key, type, ...change } = wanted;
  if (type !== flag.type) {
    return err([
      { key, kind: "type-changed", detail: `The type is ${flag.type} and never changes.` },
    ]);
  }
  const edited = await editFlag(ctx, { key, version: flag.version, change });
  return edited.ok ? ok("edit") : refusedDefinition(key, edited.error);
}

function refusedDefinition(
  key: string,
  error: FlagError,
): Result<Action | null, readonly PushRefusal[]> {
  const told = refusedBy(key, error);
  return told.ok ? ok(null) : told;
}

interface Placed {
  readonly actions: readonly Action[];
  readonly revision: number | null;
  readonly warnings: readonly string[];
}

async function pushPlace(
  door: PublicationDoor,
  ctx: CommandContext,
  { input, environment, held }: PushPlace,
  file: FlagFile,
): Promise<Result<Placed, readonly PushRefusal[]>> {
  const { acceptRebucketing = false, ignoreFailingTests } = input;
  const { key } = file;
  const said = file.environments?.[environment];
  const none = { actions: [], revision: null, warnings: [] };
  if (said === undefined) return ok(none);
  const kept = held?.file.environments?.[environment];
  if (isSame(asMade(said, kept), kept ?? null)) return ok(none);
  const place = withIds(said, kept);
  const told = (error: FlagError): Result<Placed, readonly PushRefusal[]> => {
    const refusal = refusedBy(key, error);
    return refusal.ok ? ok(none) : refusal;
  };
  const imported = input.imports === true ? null : changedImport(place, kept);
  if (imported !== null) {
    const detail = `Rule ${imported} came by an import and can only be changed by one.`;
    return err([{ key, kind: "imported-rule", detail }]);
  }
  const { tests = [], ...configuration } = place;
  const at = { key, environment, version: null };
  const edited = await editConfiguration(ctx, { ...at, configuration });
  if (!edited.ok) return told(edited.error);
  const actions: Action[] = [];
  if (!isSame(tests, kept?.tests ?? [])) {
    const kept = await editTests(ctx, { ...at, tests });
    if (!kept.ok) return told(kept.error);
    actions.push("tests");
  }
  const published = await publishFlag(door, ctx, {
    key,
    environment,
    digest: null,
    acceptRebucketing,
    ...(ignoreFailingTests === undefined ? {} : { ignoreFailingTests }),
  });
  if (!published.ok) return told(published.error);
  const { revision, warnings } = published.value;
  if (revision !== held?.revisions[environment]) actions.push("publish");
  return ok({ actions, revision, warnings: warnings.map(({ detail }) => detail) });
}

/** Brings one file to the server, within the transaction of the push. Null if nothing differs. */
export async function pushFile(
  door: PublicationDoor,
  ctx: CommandContext,
  at: PushPlace,
  file: FlagFile,
): Promise<Pushed> {
  const { key } = file;
  const { environment, held } = at;
  if (held !== null && held.flag.archivedAt !== null) {
    return refused(
      key,
      "flag-archived",
      "It is archived. Revert it to a revision to bring it back.",
    );
  }
  const moved = movedSince(at, file);
  if (moved.length > 0) {
    return refused(key, "moved", `${capital(moved.join("; "))}. Pull again, or push with force.`);
  }
  const defined = await pushDefinition(ctx, file, held);
  if (!defined.ok) return defined;
  const placed = await pushPlace(door, ctx, at, file);
  if (!placed.ok) return placed;
  const actions = [...(defined.value === null ? [] : [defined.value]), ...placed.value.actions];
  if (actions.length === 0) return ok(null);
  const { revision, warnings } = placed.value;
  const only = (whole: FlagFile, place?: PlaceFile): FlagFile => ({
    ...whole,
    environments: { [environment]: place ?? whole.environments?.[environment] ?? {} },
  });
  const after = only(
    fileOf(definitionOf(file), new Map()),
    asMade(file.environments?.[environment] ?? {}, held?.file.environments?.[environment]),
  );
  const found = held === null ? [] : differences(only(held.file), after);
  return ok({ key, actions, differences: [...found], revision, warnings: [...warnings] });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Archives a flag that has no file, within the transaction of the push. */
export async function archivePushed(
  door: PublicationDoor,
  ctx: CommandContext,
  key: string,
): Promise<Pushed> {
  const archived = await archiveFlag(door, ctx, key);
  if (!archived.ok) return refusedBy(key, archived.error);
  return ok({ key, actions: ["archive"], differences: [], revision: null, warnings: [] });
}
