import { conditionFaults, definitionFaults } from "@paceline/flags/domain";
import type { Fault } from "@paceline/flags/domain";
import { definitionOf, FlagFileSchema } from "@paceline/flags/flag-file-api";
import type { FlagFile } from "@paceline/flags/flag-file-api";
import { Value } from "typebox/value";
import { isMap, isNode, isPair, isSeq, LineCounter, parseDocument, stringify } from "yaml";
import type { Document, ParsedNode } from "yaml";

/** The schema that lies beside the files, for editors. */
export const SCHEMA_FILE = "flag.schema.json";

/** Something wrong with a file, at a place of its text. */
export interface FileFault {
  readonly line: number;
  readonly column: number;
  /** JSON pointer; empty for the file itself. */
  readonly pointer: string;
  readonly detail: string;
}

/** The text of a flag's file: the same flag always gives the same text. */
export function flagText(file: FlagFile): string {
  const header = [
    `# yaml-language-server: $schema=./${SCHEMA_FILE}`,
    `# Flag "${file.key}", as it is in force. \`paceline flag diff\` compares it with the server,`,
    "# `paceline flag push` brings it there. A rule keeps its units as long as it keeps its salt.",
  ];
  return `${header.join("\n")}\n${stringify(file, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

type Parsed = Document.Parsed;

/** The node that a JSON pointer leads to, or the last one on the way; a key where `atKey` asks for it. */
function offsetOf(document: Parsed, pointer: string, atKey: boolean): number {
  const names = pointer === "" ? [] : pointer.slice(1).split("/");
  let node: ParsedNode | null = document.contents;
  let offset = node?.range[0] ?? 0;
  for (const [place, raw] of names.entries()) {
    const name = raw.replaceAll("~1", "/").replaceAll("~0", "~");
    const isLast = place === names.length - 1;
    const next = memberOf(node, name);
    if (next === null) break;
    offset = isLast && atKey ? next.keyAt : next.valueAt;
    node = next.node;
  }
  return offset;
}

interface Member {
  readonly node: ParsedNode | null;
  readonly keyAt: number;
  readonly valueAt: number;
}

function memberOf(node: ParsedNode | null, name: string): Member | null {
  if (isMap(node)) {
    for (const pair of node.items) {
      if (!isPair(pair) || !isNode(pair.key)) continue;
      const key: unknown = pair.key.toJSON();
      if (String(key) !== name) continue;
      const keyAt = pair.key.range?.[0] ?? 0;
      const value = isNode(pair.value) ? pair.value : null;
      return { node: value, keyAt, valueAt: value?.range?.[0] ?? keyAt };
    }
    return null;
  }
  const item = isSeq(node) ? node.items[Number(name)] : undefined;
  if (!isNode(item)) return null;
  const at = item.range?.[0] ?? 0;
  return { node: item, keyAt: at, valueAt: at };
}

interface SchemaError {
  readonly keyword: string;
  readonly schemaPath: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

interface PlacedFault extends Fault {
  readonly atKey: boolean;
}

/** What does not fit the schema. Of a choice, only the closest alternative is told. */
function schemaFaults(value: unknown): readonly PlacedFault[] {
  const errors: readonly SchemaError[] = Value.Errors(FlagFileSchema, value).filter(
    ({ keyword }) => keyword !== "boolean",
  );
  const choices = errors.filter(({ keyword }) => keyword === "anyOf");
  const kept = errors.filter((error) => error.keyword !== "anyOf" && isClosest(error, errors));
  const lost = choices.filter(
    ({ instancePath }) => !kept.some((error) => error.instancePath.startsWith(instancePath)),
  );
  return [...kept, ...lost].flatMap(faultsOf);
}

function branchOf({ schemaPath }: SchemaError): readonly [choice: string, branch: string] | null {
  const at = schemaPath.indexOf("/anyOf/");
  if (at < 0) return null;
  const [branch = ""] = schemaPath.slice(at + "/anyOf/".length).split("/");
  return [schemaPath.slice(0, at), branch];
}

function isClosest(error: SchemaError, errors: readonly SchemaError[]): boolean {
  const own = branchOf(error);
  if (own === null) return true;
  const sizes = new Map<string, number>();
  for (const other of errors) {
    const branch = other.keyword === "anyOf" ? null : branchOf(other);
    if (branch?.[0] !== own[0]) continue;
    // A missing or unknown member says that another alternative was meant.
    const weight = other.keyword === "required" ? 10 : 1;
    sizes.set(branch[1], (sizes.get(branch[1]) ?? 0) + weight);
  }
  const best = [...sizes].toSorted(([, a], [, b]) => a - b)[0];
  return best?.[0] === own[1];
}

function faultsOf({ keyword, instancePath, message, params }: SchemaError): readonly PlacedFault[] {
  const names: unknown = Reflect.get(params, "additionalProperties");
  if (keyword !== "additionalProperties" || !Array.isArray(names)) {
    return [{ pointer: instancePath, detail: message, atKey: false }];
  }
  return names.map((name: unknown) => ({
    pointer: `${instancePath}/${String(name)}`,
    detail: "is not a known member; remove it or correct its name",
    atKey: true,
  }));
}

/** What the schema cannot say: conditions, variants that do not exist, shares that do not add up. */
function ruleFaults(file: FlagFile): readonly Fault[] {
  const faults: Fault[] = [...definitionFaults({ ...definitionOf(file), lifecycle: "draft" })];
  for (const [environment, place] of Object.entries(file.environments ?? {})) {
    const at = `/environments/${environment.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    for (const [index, { when, overrides = [] }] of (place.rules ?? []).entries()) {
      const pointer = `${at}/rules/${index}`;
      if (when !== undefined && when !== null) {
        faults.push(...conditionFaults(when, `${pointer}/when`));
      }
      for (const [number, override] of overrides.entries()) {
        faults.push(...conditionFaults(override.when, `${pointer}/overrides/${number}/when`));
      }
    }
  }
  return faults;
}

/** Reads a flag's file. Every fault has its line and column. */
export function readFlagText(
  text: string,
): { readonly file: FlagFile } | { readonly faults: readonly FileFault[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const placed = (offset: number, pointer: string, detail: string): FileFault => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), pointer, detail };
  };
  if (document.errors.length > 0) {
    return {
      faults: document.errors.map(({ pos, message }) =>
        placed(pos[0], "", message.split("\n")[0]?.replace(/ at line .*$/, "") ?? ""),
      ),
    };
  }
  const value: unknown = document.toJS();
  const wrong = schemaFaults(value);
  if (wrong.length > 0 || !Value.Check(FlagFileSchema, value)) {
    return {
      faults: wrong.map(({ pointer, detail, atKey }) =>
        placed(offsetOf(document, pointer, atKey), pointer, detail),
      ),
    };
  }
  const faults = ruleFaults(value);
  if (faults.length === 0) return { file: value };
  return {
    faults: faults.map(({ pointer, detail }) =>
      placed(offsetOf(document, pointer, false), pointer, detail),
    ),
  };
}
