import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
export type Density = "comfortable" | "compact";
export type Appearance = {
  readonly theme: Theme;
  readonly density: Density;
  /** Single-key shortcuts; those who dictate or use a switch must be able to turn them off. */
  readonly keys: "on" | "off";
};

// The theme line in index.html reads the same two keys before the first paint.
const themeKey = "paceline.theme";
const densityKey = "paceline.density";
const shortcutsKey = "paceline.keys";

const listeners = new Set<() => void>();
let appearance: Appearance | undefined;

function stored(key: string): string | null {
  try {
    return globalThis.localStorage.getItem(key);
  } catch {
    return null; // storage may be refused; the system's theme is used then
  }
}

function keep(key: string, value: string): void {
  try {
    globalThis.localStorage.setItem(key, value);
  } catch {
    // storage may be refused; the choice then holds until the page is closed
  }
}

function read(): Appearance {
  const theme = stored(themeKey);
  return {
    theme: theme === "light" || theme === "dark" ? theme : "system",
    density: stored(densityKey) === "compact" ? "compact" : "comfortable",
    keys: stored(shortcutsKey) === "off" ? "off" : "on",
  };
}

function present(): Appearance {
  appearance ??= read();
  return appearance;
}

/** Changes theme or density for this browser, at once and for later visits. */
export function setAppearance(change: Partial<Appearance>): void {
  appearance = { ...present(), ...change };
  const { theme, density, keys } = appearance;
  keep(themeKey, theme);
  keep(densityKey, density);
  keep(shortcutsKey, keys);
  const root = document.documentElement;
  if (theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = theme;
  root.dataset["density"] = density;
  for (const listener of listeners) listener();
}

export function useAppearance(): Appearance {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, present);
}

/** Whether dark is what is seen now, be it by choice or by the system. */
export function showsDark(theme: Theme): boolean {
  if (theme !== "system") return theme === "dark";
  return globalThis.matchMedia("(prefers-color-scheme: dark)").matches;
}
