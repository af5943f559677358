import { join } from "node:path";

import type { Engine } from "../engine/engine.ts";
import { IdentifierDigests } from "./digests.ts";
import { appendToLedger, readLedger } from "./ledger.ts";
import { PendingErasures } from "./pending.ts";
import type { PendingErasure } from "./pending.ts";
import type { ErasureReceipt } from "./receipt.ts";
import { openErasureKey } from "./secret.ts";
import { SuppressionList } from "./suppression.ts";

/** Whom to erase, and why. */
export interface ErasureRequest {
  /** Letters, digits and dashes. The same id again answers with the receipt of the first call. */
  readonly id: string;
  readonly workspace: string;
  /** User ids and anonymous ids, as they were sent. */
  readonly identifiers: readonly string[];
  /** Whether later events of these identifiers are refused. */
  readonly suppress: boolean;
  readonly reason: string;
  /** Who asked for it, as the audit log names them. */
  readonly actor: string;
}

/** What erasing again after a restore did. */
export interface ErasureReplay {
  /** Erasures that the restored events did not know. */
  readonly erasures: number;
  readonly rowsRemoved: number;
  readonly rowsRedacted: number;
}

export interface ErasureDependencies {
  readonly engine: Engine;
  /** Resolves when everything acknowledged is in the engine. */
  readonly flush: () => Promise<void>;
  /** Runs what may not run beside compaction. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  readonly now: () => number;
  /** Damaged bytes of logs that were set aside: nothing can tell who is in them. */
  readonly damagedLogs: () => Promise<readonly { readonly name: string }[]>;
}

/** The file with the receipt of every erasure. */
export const LEDGER_FILE = "erasures.ndjson";
/** The secret under which they name identifiers. */
export const KEY_FILE = "erasure.key";
const PENDING_FOLDER = "erasing";

/**
 * Erases people for good, and remembers in digests whom. An erasure is on the disk before it begins
 * and until its receipt is, so whatever kills the process, it is finished later.
 */
export class Erasures {
  readonly #deps: ErasureDependencies;
  readonly #ledger: string;
  readonly #pending: PendingErasures;
  readonly #key: Uint8Array;
  readonly #digests: IdentifierDigests;
  readonly #receipts = new Map<string, ErasureReceipt>();
  readonly suppression: SuppressionList;
  readonly #open = new Map<string, PendingErasure>();
  /** Erasures follow each other. */
  #work: Promise<unknown> = Promise.resolve();
  #failure: string | null = null;

  private constructor(
    deps: ErasureDependencies,
    root: string,
    key: Uint8Array,
    receipts: readonly ErasureReceipt[],
  ) {
    this.#deps = deps;
    this.#ledger = join(root, LEDGER_FILE);
    this.#pending = new PendingErasures(join(root, PENDING_FOLDER));
    this.#key = key;
    this.#digests = new IdentifierDigests(key);
    this.suppression = new SuppressionList(this.#digests);
    for (const receipt of receipts) this.#remember(receipt);
  }

  /** @param root the folder `events/` */
  static async open(root: string, deps: ErasureDependencies): Promise<Erasures> {
    const key = await openErasureKey(join(root, KEY_FILE));
    const erasures = new Erasures(deps, root, key, await readLedger(join(root, LEDGER_FILE)));
    for (const pending of await erasures.#pending.read()) erasures.#begin(pending);
    return erasures;
  }

  /** Names the secret of this node; nodes that share erasures must have the same. */
  get keyName(): string {
    return this.#digests.keyName;
  }

  /** Every erasure that is finished, oldest first. */
  get receipts(): readonly ErasureReceipt[] {
    return [...this.#receipts.values()];
  }

  /** Erasures that were asked for and are not finished. They name the person: for this process only. */
  get pending(): readonly PendingErasure[] {
    return [...this.#open.values()];
  }

  /** Why the last erasure could not be finished; null while there is none to finish. */
  get failure(): string | null {
    return this.#failure;
  }

  /**
   * Resolves with the receipt when no file holds the person any more.
   *
   * @throws Error if that is impossible now; the erasure is on the disk and `resume` finishes it
   */
  async erase(request: ErasureRequest): Promise<ErasureReceipt> {
    const known = this.#receipts.get(request.id);
    if (known !== undefined) return known;
    const { id, workspace, suppress, reason, actor } = request;
    const pending = {
      id,
      workspace,
      identifiers: [...new Set(request.identifiers)],
      suppress,
      reason: withoutIdentifiers(reason, request.identifiers),
      actor,
      requestedAt: this.#deps.now(),
    };
    await this.#pending.add(pending);
    this.#begin(pending);
    return this.#inTurn(() => this.#finish(pending));
  }

  /** Finishes what an earlier process or a failing disk left. @throws Error for the first that fails */
  resume(): Promise<void> {
    return this.#inTurn(async () => {
      for (const pending of await this.#pending.read()) await this.#finish(pending);
    });
  }

  /**
   * Erases again whoever was erased elsewhere after the present events were saved: what a restore
   * must do. Repeated after a crash, it does what is left.
   *
   * @param receipts of the same installation: its secret names the identifiers
   */
  replay(receipts: readonly ErasureReceipt[]): Promise<ErasureReplay> {
    return this.#inTurn(async () => {
      const unknown = receipts.filter(({ id }) => !this.#receipts.has(id));
      if (unknown.some(({ key }) => key !== this.#digests.keyName)) {
        throw new Error(
          `the ledger of erasures was made with another secret: put the ${KEY_FILE} that belongs to it into the folder of the events first`,
        );
      }
      const total = { erasures: unknown.length, rowsRemoved: 0, rowsRedacted: 0 };
      if (unknown.length === 0) return total;
      await this.#deps.flush();
      for (const [workspace, entries] of Map.groupBy(unknown, (entry) => entry.workspace)) {
        const done = await this.#replayIn(workspace, entries);
        total.rowsRemoved += done.rowsRemoved;
        total.rowsRedacted += done.rowsRedacted;
      }
      return total;
    });
  }

  async #replayIn(
    workspace: string,
    entries: readonly ErasureReceipt[],
  ): Promise<{ readonly rowsRemoved: number; readonly rowsRedacted: number }> {
    const { engine, exclusively, now } = this.#deps;
    const digests = entries.flatMap(({ erased }) => erased.map(({ digest }) => digest));
    const digestKey = this.#key;
    const done = await exclusively(async () => {
      const identifiers = await engine.identify({ workspace, digests, digestKey });
      if (identifiers.length === 0) return { rowsRemoved: 0, rowsRedacted: 0 };
      // Not the id of an erasure: a crash may leave the outcome without the ledger.
      const id = `replay-${now()}-${workspace}`;
      return engine.erase({ id, workspace, identifiers, digestKey });
    });
    const { rowsRemoved, rowsRedacted } = done;
    const replayed = { at: now(), rowsRemoved };
    const adopted = entries.map((entry) => ({ ...entry, replayed }));
    await appendToLedger(this.#ledger, adopted);
    for (const receipt of adopted) this.#remember(receipt);
    return { rowsRemoved, rowsRedacted };
  }

  async #finish(pending: PendingErasure): Promise<ErasureReceipt> {
    const { id, workspace, identifiers, suppress, reason, actor, requestedAt } = pending;
    const { engine, flush, exclusively, now, damagedLogs } = this.#deps;
    const finished = this.#receipts.get(id);
    if (finished !== undefined) {
      await this.#pending.remove(id);
      this.#open.delete(id);
      return finished;
    }
    try {
      const startedAt = now();
      await flush();
      const request = { id, workspace, identifiers, digestKey: this.#key };
      const outcome = await exclusively(() => engine.erase(request));
      const unreadLogs = await damagedLogs();
      const completedAt = now();
      const receipt: ErasureReceipt = {
        id,
        workspace,
        key: this.#digests.keyName,
        requestedAt,
        completedAt,
        tookMs: completedAt - startedAt,
        actor,
        reason,
        suppress,
        ...outcome,
        erased: [...outcome.erased],
        shared: [...outcome.shared],
        files: [...outcome.files],
        unexamined: [...outcome.unexamined, ...unreadLogs.map(({ name }) => name)],
      };
      await appendToLedger(this.#ledger, [receipt]);
      this.#remember(receipt);
      await this.#pending.remove(id);
      this.#open.delete(id);
      this.#failure = null;
      return receipt;
    } catch (cause) {
      this.#failure = `erasure ${id}: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw cause;
    }
  }

  #remember(receipt: ErasureReceipt): void {
    this.#receipts.set(receipt.id, receipt);
    // Digests under another secret match nobody.
    const isOurs = receipt.key === this.#digests.keyName;
    if (receipt.suppress && isOurs) this.suppression.add(receipt.workspace, receipt.erased);
  }

  /** Before anything is erased: what arrives meanwhile is refused already. */
  #begin(pending: PendingErasure): void {
    const { id, workspace, identifiers, suppress } = pending;
    this.#open.set(id, pending);
    if (!suppress) return;
    const digests = identifiers.map((identifier) => this.#digests.of(workspace, identifier));
    this.suppression.add(workspace, digests);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#work.then(work);
    this.#work = done.catch(() => undefined);
    return done;
  }
}

/** A reason that names the person would outlive them in the ledger. */
function withoutIdentifiers(reason: string, identifiers: readonly string[]): string {
  return identifiers
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, identifier) => text.replaceAll(identifier, "[erased]"), reason);
}
