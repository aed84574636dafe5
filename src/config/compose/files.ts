// @ts-types="../../base/std.d.ts"
import { encodeBase64 } from "@std/encoding/base64";
import { isRecord } from "../../base/json.ts";
import type { Composition } from "./composition.ts";
import type { Path } from "../problem.ts";

/** Reads a file that a config names, relative to the file that names it. Rejects with the reason if it cannot. */
export type ReadFile = (path: string, from: string | undefined) => Promise<Uint8Array<ArrayBuffer>>;

const MOST_BYTES = 256 * 1024;

/** The config with the content of each `request.file`, and of each file in a `multipart`, in place of its path. */
export async function embedFiles(
  root: Record<string, unknown>,
  readFile: ReadFile | undefined,
  { origins, fail }: Composition,
): Promise<Record<string, unknown>> {
  for (const { holder, path, isPart } of holdersOf(root)) {
    const { file } = holder;
    if (typeof file !== "string") continue;
    if (!readFile) {
      fail(root, path, { message: "no file can be read here", expected: "content: the text itself" });
      continue;
    }
    const from = origins.entry(holder, "file")?.value.source.file;
    const bytes = await readFile(file, from).catch((error: Error) => {
      fail(root, path, { message: `cannot be read: ${error.message}`, found: file });
    });
    if (bytes && bytes.byteLength > MOST_BYTES) {
      fail(root, path, { message: "too big", expected: `at most ${MOST_BYTES / 1024} KiB`, found: file });
    } else if (bytes) {
      holder.file = { base64: encodeBase64(bytes) };
      if (isPart) holder.filename ??= file.slice(file.lastIndexOf("/") + 1);
    }
  }
  return root;
}

interface Holder {
  holder: Record<string, unknown>;
  /** Of its file. */
  path: Path;
  /** Of a `multipart` body. */
  isPart: boolean;
}

/** Every request, and part of one, that may hold a file. */
function* holdersOf(root: Record<string, unknown>): Generator<Holder> {
  for (const { request, path } of requestsOf(root)) {
    yield { holder: request, path: [...path, "file"], isPart: false };
    if (!isRecord(request.multipart)) continue;
    for (const [name, part] of Object.entries(request.multipart)) {
      if (isRecord(part)) yield { holder: part, path: [...path, "multipart", name, "file"], isPart: true };
    }
  }
}

/** Every request of a step that may hold a file; they are the config's own objects. */
function* requestsOf(
  root: Record<string, unknown>,
): Generator<{ request: Record<string, unknown>; path: Path }> {
  const items = (holder: unknown, key: string): [unknown, Path][] => {
    const list = isRecord(holder) ? holder[key] : undefined;
    return Array.isArray(list) ? list.map((item, i): [unknown, Path] => [item, [key, i]]) : [];
  };
  for (const [target, at] of items(root, "targets")) {
    for (const [check, below] of items(target, "checks")) {
      for (const part of ["journey", "cleanup"]) {
        for (const [step, inside] of items(check, part)) {
          if (!isRecord(step) || !isRecord(step.request)) continue;
          yield { request: step.request, path: [...at, ...below, ...inside, "request"] };
        }
      }
    }
  }
}
