import {
  Button,
  Checkbox,
  Dialog,
  ErrorState,
  Notice,
  TextArea,
  apiClient,
  asProblem,
  notify,
  useCommand,
} from "@paceline/web-kit";
import { Undo2 } from "lucide-react";
import { useState } from "react";

import type { MoveView } from "../../api.ts";
import type { FlagPlace } from "../place.ts";
import { placePath } from "../queries.ts";
import {
  isAnswered,
  questionIn,
  questionWords,
  revertBody,
  withQuestion,
} from "./revert-questions.ts";
import type { RevertAnswers, RevertQuestion } from "./revert-questions.ts";

const WAY_BACK =
  "Everybody gets what that revision said, within a second. It becomes a new revision; nothing is lost, and no approval is needed.";
const PUBLICATION =
  "It exposes more than is exposed now, so it is a publication: the readiness gate, a running rollout and the flag's tests may refuse it.";

/** Puts a revision in force again. What the refusal of one that exposes more asks is answered here. */
export function RevertDialog(props: {
  at: FlagPlace;
  revision: number;
  isMore: boolean;
  onClose: () => void;
}) {
  const { at, revision, isMore, onClose } = props;
  const { flag, environment } = at;
  const [asked, setAsked] = useState<readonly RevertQuestion[]>([]);
  const [answers, setAnswers] = useState<RevertAnswers>({ newBuckets: false, testsReason: "" });
  const revert = useCommand({
    run: async () => {
      try {
        return await apiClient.post<MoveView>(
          `${placePath(flag.key, environment)}/revert`,
          revertBody(revision, asked, answers),
        );
      } catch (error) {
        setAsked(withQuestion(asked, questionIn(asProblem(error))));
        throw error;
      }
    },
    refresh: [["flags"], ["experiments"]],
    inline: true,
    onDone: ({ revision: next, failingTests }) => {
      if (failingTests.length > 0) return;
      notify.done(`Revision ${next} is in force, as ${revision} was`);
      onClose();
    },
  });
  if (revert.data !== undefined && revert.data.failingTests.length > 0) {
    return <InForceThough moved={revert.data} revision={revision} onClose={onClose} />;
  }
  const problem = revert.isError ? asProblem(revert.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Go back to revision ${revision} in ${environment}?`}
      description={isMore ? PUBLICATION : WAY_BACK}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="danger"
            icon={<Undo2 aria-hidden />}
            busy={revert.isPending}
            disabled={!isAnswered(asked, answers)}
            onClick={() => revert.mutate(undefined)}
          >
            {isMore ? "Put it in force" : "Go back"}
          </Button>
        </>
      }
    >
      {problem !== undefined && questionIn(problem) === null && (
        <ErrorState inline error={problem} />
      )}
      {asked.map((question) => (
        <Question
          key={question.kind}
          question={question}
          answers={answers}
          onAnswers={setAnswers}
        />
      ))}
    </Dialog>
  );
}

function Question(props: {
  question: RevertQuestion;
  answers: RevertAnswers;
  onAnswers: (answers: RevertAnswers) => void;
}) {
  const { question, answers, onAnswers } = props;
  return (
    <div className="flex flex-col gap-3">
      <Notice
        tone="caution"
        title={question.kind === "new-buckets" ? "New buckets." : "Tests of the flag fail."}
      >
        {questionWords(question)}
      </Notice>
      {question.kind === "new-buckets" ? (
        <Checkbox
          label="New buckets for everybody are meant"
          checked={answers.newBuckets}
          onChange={(newBuckets) => onAnswers({ ...answers, newBuckets })}
        />
      ) : (
        <TextArea
          label="Why it is put in force although they fail"
          required
          hint="Goes into the audit log"
          value={answers.testsReason}
          onChange={(testsReason) => onAnswers({ ...answers, testsReason })}
        />
      )}
    </div>
  );
}

function InForceThough(props: { moved: MoveView; revision: number; onClose: () => void }) {
  const { moved, revision, onClose } = props;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Revision ${moved.revision} is in force`}
      description={`Everybody gets what revision ${revision} said.`}
      foot={<Button onClick={onClose}>Close</Button>}
    >
      <Notice tone="caution" title="Tests of the flag do not hold any more.">
        {moved.failingTests.join(", ")}. Nothing was held back by them; change the tests, or the
        rules in a new draft.
      </Notice>
    </Dialog>
  );
}
