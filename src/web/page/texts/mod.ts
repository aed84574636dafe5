/** The texts of the public page by language: one more is one more file. */
import { de } from "./de.ts";
import { en, type PublicTexts } from "./en.ts";

const TEXTS: Record<string, PublicTexts> = { en, de };

/** Those of a language; English without one. */
export const textsOf = (language = "en"): PublicTexts => TEXTS[language] ?? en;
