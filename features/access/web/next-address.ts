const anyOrigin = "https://paceline.invalid";

/**
 * Where to go after signing in: the wanted address if it is one of this app, else the start. It is
 * read by the rules of a browser, which takes `/\evil.example` and a tab inside `//` for a host.
 */
export function safeNext(next: string | undefined): string {
  if (next === undefined || !next.startsWith("/") || !URL.canParse(next, anyOrigin)) return "/";
  const { origin, pathname, search } = new URL(next, anyOrigin);
  return origin === anyOrigin && !pathname.startsWith("//") ? `${pathname}${search}` : "/";
}
