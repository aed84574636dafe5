/** The languages of the public page besides English: one more is one more file. */
import { de } from "./de.ts";
import type { PublicTexts } from "./en.ts";

/** One row a language. */
export const TRANSLATIONS: readonly PublicTexts[] = [de];
