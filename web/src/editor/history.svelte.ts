/** What was done, step by step: back and forth. */

export class History<T> {
  now = $state.raw() as T;
  private past = $state.raw<T[]>([]);
  private future = $state.raw<T[]>([]);
  /** Changes under the same key, such as the pulls of one slider, are one step. */
  private key = "";

  constructor(first: T) {
    this.now = first;
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }
  get canRedo(): boolean {
    return this.future.length > 0;
  }

  do(next: T, key = ""): void {
    if (!key || key !== this.key) this.past = [...this.past.slice(-199), this.now];
    this.key = key;
    this.now = next;
    this.future = [];
  }

  /** The next change is a step of its own. */
  settle(): void {
    this.key = "";
  }

  undo(): void {
    const last = this.past.at(-1);
    if (last === undefined) return;
    this.future = [...this.future, this.now];
    this.past = this.past.slice(0, -1);
    this.now = last;
    this.key = "";
  }

  redo(): void {
    const next = this.future.at(-1);
    if (next === undefined) return;
    this.past = [...this.past, this.now];
    this.future = this.future.slice(0, -1);
    this.now = next;
    this.key = "";
  }

  reset(to: T): void {
    this.now = to;
    this.past = [];
    this.future = [];
    this.key = "";
  }
}
