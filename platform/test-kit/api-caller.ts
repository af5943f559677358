import assert from "node:assert/strict";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Who asks: somebody signed in by a session cookie, or a program with an API key. */
export type Credential = { readonly cookie: string } | { readonly key: string };

// oxlint-disable-next-line typescript/no-explicit-any -- a test reads whatever JSON came
export type Json = any;

export type Answered = { readonly status: number; readonly body: Json };

/** Calls the API of a server in this process. */
export type ApiCaller = {
  /** What was answered, whatever it was; an answer without a body gives `{}`. */
  ask(
    method: Method,
    url: string,
    payload?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answered>;
  /** The body of a success; any other answer fails the test, with what it said. */
  call(method: Method, url: string, payload?: object): Promise<Json>;
  /** The same server, asked by somebody else. */
  as(credential: Credential): ApiCaller;
};

/** As much of Fastify as it takes. */
type Injectable = {
  inject(request: {
    method: Method;
    url: string;
    headers: Record<string, string>;
    payload?: object;
  }): PromiseLike<{ readonly statusCode: number; readonly body: string }>;
};

/** Asks a server's API as one credential; addresses begin at its root. */
export function apiCaller(app: Injectable, credential: Credential): ApiCaller {
  const own =
    "key" in credential
      ? { authorization: `Bearer ${credential.key}` }
      : { cookie: credential.cookie };
  const ask: ApiCaller["ask"] = async (method, url, payload, headers = {}) => {
    const answer = await app.inject({
      method,
      url,
      headers: { ...own, ...headers },
      ...(payload === undefined ? {} : { payload }),
    });
    return {
      status: answer.statusCode,
      body: answer.body === "" ? {} : JSON.parse(answer.body),
    };
  };
  return {
    ask,
    async call(method, url, payload) {
      const { status, body } = await ask(method, url, payload);
      assert.ok(status < 300, `${method} ${url}: ${status} ${JSON.stringify(body)}`);
      return body;
    },
    as: (other) => apiCaller(app, other),
  };
}
