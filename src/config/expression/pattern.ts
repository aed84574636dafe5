import type { Patterns } from "./scope.ts";
import { Unmet } from "./value.ts";

/** A larger program would keep everybody else waiting, even where a text is short. */
const MOST_INSTRUCTIONS = 5_000;

/** Instructions of a pattern times characters of a text: more would keep everybody else waiting for seconds. */
const MOST_STEPS = 50_000_000;

/** A pattern that is not written out may be a target's own, and compiling takes time, too. */
const MADE_CHARS = 256;

/** What other engines have, and one that is linear cannot: known by the piece that RE2 complains of. */
const ABSENT: readonly [piece: RegExp, name: string][] = [
  [/^\(\?<?[=!]/, "lookaround"],
  [/^\\([1-9]|k)/, "a backreference"],
  [/^[*+?}]\+$/, "a possessive repetition"],
  [/^\(\?>/, "an atomic group"],
];

/** A pattern, compiled: over n characters it takes a multiple of `size` * n steps at most. */
interface Pattern {
  size: number;
  test(text: string): boolean;
  /** Undefined: no match, or the group took no part in it. */
  capture(text: string): string | null | undefined;
}

/** The engine, if a config has a pattern in it, or a word that looks like one. */
export const patternsFor = async (config: unknown): Promise<Patterns | undefined> =>
  namesPattern(config) ? await loadPatterns() : undefined;

/** Whether a config has a pattern in it, or a word that looks like one. */
export const namesPattern = (config: unknown): boolean => /matches|regexCapture/.test(JSON.stringify(config));

/** Patterns as RE2 has them (https://github.com/google/re2/wiki/Syntax). The engine comes in only once somebody asks. */
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
    mistake(source) {
      try {
        written.set(source, compile(source));
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

/** The pattern, unless it would take too long over this text. */
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
    throw new Unmet("error", `'${source}' is no pattern: ${faultOf(error)}`);
  }
}

function faultOf(error: unknown): string {
  const reason = (error instanceof Error ? error.message : String(error))
    .replace(/^error parsing regexp: /, "");
  const piece = /`(.*)`$/s.exec(reason)?.[1] ?? "";
  const absent = ABSENT.find(([seen]) => seen.test(piece));
  return absent ? `${absent[1]}: \`${piece}\`` : reason;
}
