/**
 * How long a piece of work is wanted. An evaluation has a scope, and each `next()` of an evaluator one inside it: when an evaluator has its
 * outcome while what it called for is still at work, that scope ends and its signal fires. Signals are made when somebody asks for one.
 */
export class Scope {
  readonly #parent: Scope | undefined;
  #children: Set<Scope> | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  #isAborted = false;
  #reason: unknown = undefined;

  constructor(parent?: Scope) {
    this.#parent = parent;
    if (parent === undefined) return;
    if (parent.#isAborted) this.abort(parent.#reason);
    else (parent.#children ??= new Set()).add(this);
  }

  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** Whether it, or one around it, is among some scopes. */
  isInside(scopes: WeakSet<Scope>): boolean {
    // oxlint-disable-next-line typescript/no-this-alias -- walks up from here
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.#parent) if (scopes.has(scope)) return true;
    return false;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isAborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** The work is not wanted any more. */
  abort(reason: unknown): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    this.#reason = reason;
    this.close();
    const children = this.#children;
    this.#children = undefined;
    for (const child of children ?? []) child.abort(reason);
    this.#controller?.abort(reason);
  }

  /** The work is done. */
  close(): void {
    if (this.#parent !== undefined) this.#parent.#children?.delete(this);
  }
}
