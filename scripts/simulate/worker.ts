/** Runs tapes beside the main thread: each message is a tape, each answer its outcome. */
import { runOne } from "./simulate.ts";

/** The part of a worker's global scope that is used. */
const scope = self as unknown as {
  onmessage: (event: { data: unknown }) => void;
  postMessage(value: unknown): void;
};

scope.onmessage = async ({ data }) => {
  scope.postMessage(await runOne(data as Parameters<typeof runOne>[0]));
};
