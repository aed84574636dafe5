import * as z from "../../base/zod.ts";
import { list, map, text, words } from "./fields.ts";

/** The languages of the public page. */
export const LANGUAGES = ["en", "de"] as const;

/** A logo is embedded, because the page loads nothing from other hosts. */
const LOGO = /^data:image\/(png|svg\+xml|webp|jpeg);base64,[A-Za-z0-9+/=]{1,65536}$/;

const link = map({
  text: words().check(z.describe("The link text.")),
  url: text(/^(https?:\/\/|mailto:)[^\s"<>]+$/, "an http(s) URL, or mailto:").check(
    z.describe("The link target."),
  ),
});

/** The grammar of `page`. */
export const pageGrammar = map({
  name: z.optional(words()).check(z.meta({ description: "Name of the page.", default: "Assay" })),
  intro: z.optional(words()).check(z.describe("Text above the services.")),
  logo: z.optional(text(LOGO, "an image of at most 48 KB as data:image/png;base64,...")).check(
    z.describe("Image before the name."),
  ),
  links: z.optional(list(link, 10)).check(z.describe("Links at the top of the page.")),
  colour: z.optional(text(/^#[0-9a-fA-F]{6}$/, "a colour: #rrggbb")).check(
    z.describe("Colour of the line below the header."),
  ),
  language: z.optional(z.enum(LANGUAGES)).check(
    z.meta({ description: "Language of the public page.", default: "en" }),
  ),
  groupBy: z.optional(words()).check(z.describe("The label that groups services.")),
});
