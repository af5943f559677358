import type { SearchField, SearchOf } from "./search-fields.ts";

// A field of any value type; `never` in the parameter position keeps `write` assignable.
type AnyField = {
  readonly read: (text: string | undefined) => unknown;
  readonly write: (value: never) => string | undefined;
};
export type Fields = Readonly<Record<string, AnyField>>;

type ParamName<Path extends string> = Path extends `${string}$${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | ParamName<`/${Tail}`>
    : Rest
  : never;

/** The parameters in a path: `"/flags/$flagKey"` gives `{ flagKey: string }`. */
export type PathParams<Path extends string> = { readonly [K in ParamName<Path>]: string };

/** Address of a page: its path and the meaning of its query string. */
export type Page<Path extends string = string, F extends Fields = Fields> = {
  readonly path: Path;
  readonly fields: F;
  /** Reads raw query values into typed ones; never fails. */
  readonly readSearch: (raw: Readonly<Record<string, unknown>>) => SearchOf<F>;
  /** The address of the page, defaults left out of the query string. */
  readonly href: (
    ...target: keyof PathParams<Path> extends never
      ? [params?: PathParams<Path>, search?: Partial<SearchOf<F>>]
      : [params: PathParams<Path>, search?: Partial<SearchOf<F>>]
  ) => string;
  readonly readParams: (raw: Readonly<Record<string, unknown>>) => PathParams<Path>;
  readonly writeSearch: (search: Partial<SearchOf<F>>) => Record<string, string>;
};

/**
 * Declares a page's address. Keep all of a feature's pages in `web/pages.ts`, so that a component
 * can link to a page without importing it.
 *
 * @param path   starts with `/`; a segment `$name` is a parameter
 * @param fields the query string, see search-fields.ts
 */
export function definePage<
  const Path extends string,
  const F extends Fields = Record<never, never>,
>(path: Path, ...rest: keyof F extends never ? [fields?: F] : [fields: F]): Page<Path, F>;
export function definePage(
  path: string,
  fields: Readonly<Record<string, SearchField<unknown>>> = {},
) {
  const readSearch = (raw: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(fields).map(([key, field]) => [key, field.read(asText(raw[key]))]),
    );
  const writeSearch = (search: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([key, field]) => {
        const text = key in search ? field.write(search[key]) : undefined;
        return text === undefined ? [] : [[key, text]];
      }),
    );
  const names = [...path.matchAll(/\$(\w+)/gu)].map((match) => match[1] ?? "");
  return {
    path,
    fields,
    readSearch,
    writeSearch,
    readParams: (raw: Readonly<Record<string, unknown>>) =>
      Object.fromEntries(names.map((name) => [name, asText(raw[name]) ?? ""])),
    href: (params: Readonly<Record<string, string>> = {}, search = {}) => {
      const filled = path.replaceAll(/\$(\w+)/gu, (_, name: string) =>
        encodeURIComponent(params[name] ?? ""),
      );
      const query = new URLSearchParams(writeSearch(search)).toString();
      return query === "" ? filled : `${filled}?${query}`;
    },
  };
}

function asText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}
