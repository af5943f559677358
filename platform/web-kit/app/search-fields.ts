/** One value of a page's query string: how it is read and how it is written. */
export type SearchField<T> = {
  /** Never fails: what cannot be read is the default. */
  readonly read: (text: string | undefined) => T;
  /** `undefined` leaves the key out of the address. */
  readonly write: (value: T) => string | undefined;
};

/** The values of a set of fields. */
export type SearchOf<F> = {
  readonly [K in keyof F]: F[K] extends { readonly read: (text: string | undefined) => infer T }
    ? T
    : never;
};

/** Free text, empty when absent. */
export function textField(): SearchField<string> {
  return { read: (text) => text ?? "", write: (value) => (value === "" ? undefined : value) };
}

/** Text that may be absent, such as the id of the open side panel. */
export function optionalField(): SearchField<string | undefined> {
  return {
    read: (text) => (text === "" ? undefined : text),
    write: (value) => (value === "" ? undefined : value),
  };
}

/** One of a fixed set; the first is the default and stays out of the address. */
export function choiceField<const T extends string>(
  first: T,
  ...others: readonly T[]
): SearchField<T> {
  return {
    read: (text) => [first, ...others].find((choice) => choice === text) ?? first,
    write: (value) => (value === first ? undefined : value),
  };
}

/** A whole number, with a default that stays out of the address. */
export function integerField(fallback: number): SearchField<number> {
  return {
    read: (text) => {
      const value = text === undefined || text === "" ? Number.NaN : Number(text);
      return Number.isSafeInteger(value) ? value : fallback;
    },
    write: (value) => (value === fallback ? undefined : String(value)),
  };
}

/** Yes or no, no by default. */
export function flagField(): SearchField<boolean> {
  return { read: (text) => text === "1", write: (value) => (value ? "1" : undefined) };
}

/** Several values of a fixed set, comma separated; empty by default. */
export function listField<const T extends string>(
  choices: readonly T[],
): SearchField<readonly T[]> {
  return {
    read: (text) => {
      const named = new Set((text ?? "").split(","));
      return choices.filter((choice) => named.has(choice));
    },
    write: (value) => (value.length === 0 ? undefined : value.join(",")),
  };
}
