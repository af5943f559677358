import {
  Button,
  ErrorState,
  Notice,
  TextField,
  TextLink,
  apiClient,
  asProblem,
  useCommand,
  useGoTo,
} from "@paceline/web-kit";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { FirstRun, SessionView } from "../api.ts";
import { PASSWORD_MIN_LENGTH } from "../domain/password.ts";
import { signInPage } from "./pages.ts";
import { sessionQuery } from "./session.ts";
import { SignInFrame, readToken } from "./SignInFrame.tsx";

/** Opened by the link that the server prints: makes the owner of the workspace. */
export function FirstRunPage() {
  const [token] = useState(readToken);
  const [form, setForm] = useState({ workspaceName: "", name: "", email: "", password: "" });
  const queries = useQueryClient();
  const goTo = useGoTo();
  const create = useCommand({
    run: (input: FirstRun) => apiClient.post<SessionView>("/first-run", input),
    inline: true,
    onDone: (view) => {
      queries.setQueryData(sessionQuery.queryKey, view);
      goTo("/");
    },
  });
  const problem = create.isError ? asProblem(create.error) : undefined;
  const field = (name: keyof typeof form) => ({
    value: form[name],
    onChange: (value: string) => setForm((before) => ({ ...before, [name]: value })),
    error: problem?.faultAt(`/${name}`),
    required: true,
    name,
  });
  if (token === "") {
    return (
      <SignInFrame title="Set up Paceline">
        <Notice tone="caution" title="The link is not complete.">
          Open the whole one-time link that the server printed when it started, or{" "}
          <TextLink to={signInPage.href()}>sign in</TextLink>.
        </Notice>
      </SignInFrame>
    );
  }
  return (
    <SignInFrame
      title="Set up Paceline"
      lead="You become the owner of a new workspace. This link works once."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate({ token, ...form });
        }}
      >
        {problem !== undefined && problem.faults.length === 0 && (
          <ErrorState inline error={problem} />
        )}
        <TextField
          label="Workspace"
          hint="The team or company whose changes are kept here"
          autoComplete="organization"
          {...field("workspaceName")}
        />
        <TextField label="Your name" autoComplete="name" {...field("name")} />
        <TextField label="E-mail" type="email" autoComplete="username" {...field("email")} />
        <TextField
          label="Password"
          type="password"
          autoComplete="new-password"
          hint={`At least ${PASSWORD_MIN_LENGTH} characters; a few random words are fine`}
          {...field("password")}
        />
        <Button type="submit" kind="primary" wide busy={create.isPending}>
          Create workspace
        </Button>
      </form>
    </SignInFrame>
  );
}
