/** What a browser says about where a request comes from. */
export type RequestOrigin = {
  readonly method: string;
  /** `Sec-Fetch-Site` */
  readonly fetchSite: string | undefined;
  /** `Origin` */
  readonly origin: string | undefined;
  /** `Host`, with its port */
  readonly host: string | undefined;
};

const SAFE_METHODS: readonly string[] = ["GET", "HEAD", "OPTIONS"];

/**
 * Whether another site made a browser send this request. The rule is that of Go's
 * `net/http.CrossOriginProtection`: the browser's own judgement (`Sec-Fetch-Site`) where there is one,
 * else `Origin` against `Host`. Every browser sends one of the two with an unsafe request, so a request
 * with neither comes from a program, which carries no cookie of somebody else's.
 */
export function isCrossSite({ method, fetchSite, origin, host }: RequestOrigin): boolean {
  if (SAFE_METHODS.includes(method)) return false;
  if (fetchSite !== undefined) return fetchSite !== "same-origin" && fetchSite !== "none";
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== host;
}
