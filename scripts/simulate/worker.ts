/** Worker that runs tapes: each message is a tape, each reply its outcome. */
import { runOne } from "./simulate.ts";

/** The members of a worker's global scope that are used here. */
const scope = self as unknown as {
  onmessage: (event: { data: unknown }) => void;
  postMessage(value: unknown): void;
};

scope.onmessage = async ({ data }) => {
  scope.postMessage(await runOne(data as Parameters<typeof runOne>[0]));
};
