/** A WebSocket's unread messages, and how it ended. */
export interface MessageQueue {
  readonly size: number;
  /** The close code; undefined: it is open, or closed without a code. */
  readonly closeCode: number | undefined;
  push(message: string | Uint8Array): void;
  /** The error that `receive` throws once all messages are read; the first one counts. */
  fail(error: unknown): void;
  close(code?: number): void;
  /**
   * The next message; null: it is closed. Rejects with the error of `fail`, or once `signal` aborts. One
   * reader at a time.
   */
  receive(): Promise<string | Uint8Array | null>;
}

export function messageQueue(signal: AbortSignal): MessageQueue {
  const waiting: (string | Uint8Array)[] = [];
  let fault: unknown;
  let closed: { code?: number } | undefined;
  let wake = () => {};
  signal.addEventListener("abort", () => wake(), { once: true });
  return {
    get size() {
      return waiting.length;
    },
    get closeCode() {
      return closed?.code;
    },
    push(message) {
      waiting.push(message);
      wake();
    },
    fail(error) {
      fault ??= error;
      wake();
    },
    close(code) {
      closed ??= { code };
      wake();
    },
    async receive() {
      for (;;) {
        const message = waiting.shift();
        if (message !== undefined) return message;
        if (signal.aborted) throw signal.reason;
        if (fault !== undefined) throw fault;
        if (closed) return null;
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
  };
}
