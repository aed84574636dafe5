// @ts-types="../../base/std.d.ts"
import { encodeBase64 } from "@std/encoding/base64";
import { isRecord } from "../../base/json.ts";
import type { Composition } from "./composition.ts";
import type { Path } from "../problem.ts";

/**
 * Reads a file that a config names, relative to the file that names it. Rejects with the reason on failure.
 */
export type ReadFile = (path: string, from: string | undefined) => Promise<Uint8Array<ArrayBuffer>>;

const MOST_BYTES = 256 * 1024;

/** Replaces the path of each `request.file`, `multipart` file and `grpc.descriptor` by the file's content. */
export async function embedFiles(
  root: Record<string, unknown>,
  readFile: ReadFile | undefined,
  { origins, fail }: Composition,
): Promise<Record<string, unknown>> {
  for (const { holder, key, path, isPart } of holdersOf(root)) {
    const file = holder[key];
    if (typeof file !== "string") continue;
    if (!readFile) {
      fail(root, path, { message: "no file can be read here", expected: "content: the text itself" });
      continue;
    }
    const from = origins.entry(holder, key)?.value.source.file;
    const bytes = await readFile(file, from).catch((error: Error) => {
      fail(root, path, { message: `cannot be read: ${error.message}`, found: file });
    });
    if (bytes && bytes.byteLength > MOST_BYTES) {
      fail(root, path, { message: "too big", expected: `at most ${MOST_BYTES / 1024} KiB`, found: file });
    } else if (bytes) {
      holder[key] = { base64: encodeBase64(bytes) };
      if (isPart) holder.filename ??= file.slice(file.lastIndexOf("/") + 1);
    }
  }
  return root;
}

interface Holder {
  holder: Record<string, unknown>;
  /** Key of the file. */
  key: string;
  /** Path of the file. */
  path: Path;
  /** Whether it is part of a `multipart` body. */
  isPart: boolean;
}

/** All maps in steps that may hold a file. They are the config's own objects, not copies. */
function* holdersOf(root: Record<string, unknown>): Generator<Holder> {
  for (const { step, path } of stepsOf(root)) {
    const { request, grpc } = step;
    if (isRecord(grpc)) {
      yield { holder: grpc, key: "descriptor", path: [...path, "grpc", "descriptor"], isPart: false };
    }
    if (!isRecord(request)) continue;
    const at = [...path, "request"];
    yield { holder: request, key: "file", path: [...at, "file"], isPart: false };
    if (!isRecord(request.multipart)) continue;
    for (const [name, part] of Object.entries(request.multipart)) {
      if (!isRecord(part)) continue;
      yield { holder: part, key: "file", path: [...at, "multipart", name, "file"], isPart: true };
    }
  }
}

/** Every step of a journey or cleanup. */
function* stepsOf(root: Record<string, unknown>): Generator<{ step: Record<string, unknown>; path: Path }> {
  const items = (holder: unknown, key: string): [unknown, Path][] => {
    const list = isRecord(holder) ? holder[key] : undefined;
    return Array.isArray(list) ? list.map((item, i): [unknown, Path] => [item, [key, i]]) : [];
  };
  for (const [target, at] of items(root, "targets")) {
    for (const [check, below] of items(target, "checks")) {
      for (const part of ["journey", "cleanup"]) {
        for (const [step, inside] of items(check, part)) {
          if (isRecord(step)) yield { step, path: [...at, ...below, ...inside] };
        }
      }
    }
  }
}
