import {
  Button,
  ErrorState,
  Notice,
  TextField,
  apiClient,
  asProblem,
  useCommand,
  useGoTo,
} from "@paceline/web-kit";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { SessionView, SetPassword } from "../api.ts";
import { PASSWORD_MIN_LENGTH } from "../domain/password.ts";
import { sessionQuery } from "./session.ts";
import { SignInFrame, readToken } from "./SignInFrame.tsx";

/** Opened by a link from an owner: a new member's first password, or a new one for a lost one. */
export function SetPasswordPage() {
  const [token] = useState(readToken);
  const [password, setPassword] = useState("");
  const queries = useQueryClient();
  const goTo = useGoTo();
  const set = useCommand({
    run: (input: SetPassword) => apiClient.post<SessionView>("/session/password", input),
    inline: true,
    onDone: (view) => {
      queries.setQueryData(sessionQuery.queryKey, view);
      goTo("/");
    },
  });
  const problem = set.isError ? asProblem(set.error) : undefined;
  if (token === "") {
    return (
      <SignInFrame title="Set your password">
        <Notice tone="caution" title="The link is not complete.">
          Open the whole link, or ask an owner of the workspace for a new one.
        </Notice>
      </SignInFrame>
    );
  }
  return (
    <SignInFrame title="Set your password" lead="This link works once. You are signed in with it.">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          set.mutate({ token, password });
        }}
      >
        {problem !== undefined && problem.faults.length === 0 && (
          <ErrorState inline error={problem} />
        )}
        <TextField
          label="New password"
          type="password"
          name="password"
          autoComplete="new-password"
          required
          hint={`At least ${PASSWORD_MIN_LENGTH} characters; a few random words are fine`}
          error={problem?.faultAt("/password")}
          value={password}
          onChange={setPassword}
        />
        <Button type="submit" kind="primary" wide busy={set.isPending}>
          Set password
        </Button>
      </form>
    </SignInFrame>
  );
}
