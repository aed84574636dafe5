import type { Patterns } from "./scope.ts";
import { Unmet } from "./value.ts";

/** Maximum program size of a pattern. A larger one blocks other checks even for a short text. */
const MOST_INSTRUCTIONS = 5_000;

/** Maximum instructions of a pattern times characters of a text. More blocks other checks for seconds. */
const MOST_STEPS = 50_000_000;

/** Maximum length of a computed pattern, which may come from a target, and takes time to compile. */
const MADE_CHARS = 256;

/** Syntax of other engines that a linear engine cannot support, identified by the piece in RE2's message. */
const ABSENT: readonly [piece: RegExp, name: string][] = [
  [/^\(\?<?[=!]/, "lookaround"],
  [/^\\([1-9]|k)/, "a backreference"],
  [/^[*+?}]\+$/, "a possessive repetition"],
  [/^\(\?>/, "an atomic group"],
];

/** A compiled pattern. Matching n characters takes time proportional to at most `size` * n. */
interface Pattern {
  size: number;
  test(text: string): boolean;
  /** Undefined without a match, null if the group did not take part. */
  capture(text: string): string | null | undefined;
}

/** Loads the engine if a config contains a pattern, or text that looks like one. */
export const patternsFor = async (config: unknown): Promise<Patterns | undefined> =>
  namesPattern(config) ? await loadPatterns() : undefined;

/** Whether a config contains a pattern, or text that looks like one. */
export const namesPattern = (config: unknown): boolean => /matches|regexCapture/.test(JSON.stringify(config));

/** Loads the engine of RE2 patterns (https://github.com/google/re2/wiki/Syntax). */
export async function loadPatterns(): Promise<Patterns> {
  const { RE2JS } = await import("re2js");
  const written = new Map<string, Pattern>();
  const compile = (source: string): Pattern => {
    const pattern = RE2JS.compile(source);
    const size = pattern.programSize();
    const capture = (text: string) => {
      const matcher = pattern.matcher(text);
      return matcher.find() ? matcher.group(Math.min(1, matcher.groupCount())) : undefined;
    };
    if (size <= MOST_INSTRUCTIONS) return { size, test: (text) => pattern.test(text), capture };
    throw new Error(`its repetitions come to ${size} instructions, more than ${MOST_INSTRUCTIONS}`);
  };
  const patternOf = (source: string) => written.get(source) ?? compileMade(source, compile);
  return {
    prepare(source) {
      try {
        if (!written.has(source)) written.set(source, compile(source));
      } catch (error) {
        return { expected: "a pattern of RE2, without lookaround and backreferences", found: faultOf(error) };
      }
    },
    find: (text, source) => within(text, patternOf(source)).test(text),
    capture(text, source) {
      const found = within(text, patternOf(source)).capture(text);
      if (found !== undefined && found !== null) return found;
      throw new Unmet("missing", `nothing matches '${source}'`);
    },
  };
}

/** Returns the pattern; throws `Unmet` if matching this text would take too long. */
function within(text: string, pattern: Pattern): Pattern {
  const { size } = pattern;
  if (size * text.length <= MOST_STEPS) return pattern;
  const most = Math.floor(MOST_STEPS / size);
  throw new Unmet("limit", `this pattern takes at most ${most} characters, not ${text.length}`);
}

function compileMade(source: string, compile: (source: string) => Pattern): Pattern {
  if (source.length > MADE_CHARS) {
    const most = `at most ${MADE_CHARS} characters`;
    throw new Unmet("error", `a pattern that is not written out has ${most}, not ${source.length}`);
  }
  try {
    return compile(source);
  } catch (error) {
    throw new Unmet("error", `'${source}' is not a pattern: ${faultOf(error)}`);
  }
}

function faultOf(error: unknown): string {
  const reason = (error instanceof Error ? error.message : String(error))
    .replace(/^error parsing regexp: /, "");
  const piece = /`(.*)`$/s.exec(reason)?.[1] ?? "";
  const absent = ABSENT.find(([seen]) => seen.test(piece));
  return absent ? `${absent[1]}: \`${piece}\`` : reason;
}
