/** The languages of the public page other than English. To add one, add a file. */
import { de } from "./de.ts";
import type { PublicTexts } from "./en.ts";

/** One entry per language. */
export const TRANSLATIONS: readonly PublicTexts[] = [de];
