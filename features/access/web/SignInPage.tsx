import {
  Button,
  ErrorState,
  Notice,
  TextField,
  TextLink,
  apiClient,
  useCommand,
  useGoTo,
  usePageSearch,
} from "@paceline/web-kit";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { SessionView, SignIn } from "../api.ts";
import { safeNext } from "./next-address.ts";
import { signInPage } from "./pages.ts";
import { sessionQuery } from "./session.ts";
import { SignInFrame } from "./SignInFrame.tsx";

export function SignInPage() {
  const [{ next }] = usePageSearch(signInPage);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const queries = useQueryClient();
  const goTo = useGoTo();
  const firstRun = useQuery({
    queryKey: ["first-run"],
    queryFn: () => apiClient.get<{ needed: boolean }>("/first-run"),
  });
  const signIn = useCommand({
    run: (input: SignIn) => apiClient.post<SessionView>("/session", input),
    inline: true,
    onDone: (view) => {
      queries.setQueryData(sessionQuery.queryKey, view);
      goTo(safeNext(next));
    },
  });
  return (
    <SignInFrame
      title="Sign in"
      lead={next === undefined ? undefined : "Then you go on where you were."}
    >
      {firstRun.data?.needed === true && (
        <div className="mb-4">
          <Notice tone="accent" title="Nobody owns this installation yet.">
            Open the one-time link that the server printed when it started.
          </Notice>
        </div>
      )}
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate({ email, password });
        }}
      >
        {signIn.isError && <ErrorState inline error={signIn.error} />}
        <TextField
          label="E-mail"
          type="email"
          name="email"
          autoComplete="username"
          required
          value={email}
          onChange={setEmail}
        />
        <TextField
          label="Password"
          type="password"
          name="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={setPassword}
        />
        <Button type="submit" kind="primary" wide busy={signIn.isPending}>
          Sign in
        </Button>
      </form>
      <p className="mt-4 text-small text-fg3">
        Lost your password? An owner can make a link to set a new one, under{" "}
        <TextLink to="/settings/members">Settings, Members</TextLink>.
      </p>
    </SignInFrame>
  );
}
