/** zod's small form, of which a bundle holds only the functions that are used. Its messages are English. */
import { config } from "zod/mini";
import en from "zod/v4/locales/en.js";

config(en());

export * from "zod/mini";
