/** A parsed JSON object whose fields are read with their types checked. */
export class CaseInput {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (!isRecord(value)) throw new Error(`not an object: ${JSON.stringify(value)}`);
    this.#fields = value;
  }

  has(key: string): boolean {
    return this.#fields[key] !== undefined && this.#fields[key] !== null;
  }

  number(key: string, fallback?: number): number {
    const value = this.#fields[key] ?? fallback;
    return numberOf(value, key);
  }

  text(key: string, fallback?: string): string {
    const value = this.#fields[key] ?? fallback;
    if (typeof value !== "string") throw new Error(`${key} is not a text`);
    return value;
  }

  flag(key: string, fallback?: boolean): boolean {
    const value = this.#fields[key] ?? fallback;
    if (typeof value !== "boolean") throw new Error(`${key} is not a boolean`);
    return value;
  }

  object(key: string): CaseInput {
    return new CaseInput(this.#fields[key]);
  }

  objects(key: string): readonly CaseInput[] {
    return arrayOf(this.#fields[key] ?? [], key).map((item) => new CaseInput(item));
  }

  numbers(key: string): readonly number[] {
    return arrayOf(this.#fields[key], key).map((item) => numberOf(item, key));
  }

  numberRows(key: string): readonly (readonly number[])[] {
    return arrayOf(this.#fields[key], key).map((row) =>
      arrayOf(row, key).map((item) => numberOf(item, key)),
    );
  }

  sides(): 1 | 2 {
    return this.number("sides", 2) === 1 ? 1 : 2;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function arrayOf(value: unknown, key: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${key} is not a list`);
  return value;
}

const WORDS: Readonly<Record<string, number>> = {
  Infinity,
  "-Infinity": -Infinity,
  NaN: Number.NaN,
};

/** A number, or one of the words that stand for what JSON cannot write. */
export function numberOf(value: unknown, key: string): number {
  const number = typeof value === "string" ? WORDS[value] : value;
  if (typeof number !== "number") throw new Error(`${key} is not a number`);
  return number;
}
