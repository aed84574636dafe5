/** A queue whose members can leave early, each in constant time. */
export class Queue<T> {
  readonly #members = new Set<T>();
  /** One iterator for all: a new one would step over every member that left. */
  readonly #next = this.#members.values();

  get size(): number {
    return this.#members.size;
  }

  /** Adds a member at the end; one that is in the queue keeps its place. */
  add(member: T): void {
    this.#members.add(member);
  }

  /** Whether the member was in the queue. */
  delete(member: T): boolean {
    return this.#members.delete(member);
  }

  /** Takes the first member. Call it only if there is one: after an empty take nothing would come again. */
  take(): T {
    const { value } = this.#next.next();
    this.#members.delete(value!);
    return value!;
  }
}
