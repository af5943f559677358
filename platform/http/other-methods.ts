/** A route as far as addresses are concerned; `:name` stands for any segment. */
interface Route {
  readonly method: string;
  readonly url: string;
}

/**
 * The methods that an address has, for whoever asked with another one. What answers every address,
 * as the page of the web app does, is no reason to say that this one exists.
 *
 * @param path  without query; a slash at its end is left out of account
 */
export function methodsAt(routes: readonly Route[], path: string): readonly string[] {
  const segments = segmentsOf(path);
  const found = routes.filter(({ url }) => fits(segmentsOf(url), segments));
  return [...new Set(found.map(({ method }) => method))].toSorted();
}

function segmentsOf(path: string): readonly string[] {
  return path.replace(/\/$/, "").split("/");
}

function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  return (
    pattern.length === segments.length &&
    pattern.every((part, place) => part === segments[place] || part.startsWith(":"))
  );
}
