import { expect, test } from "vitest";
import { raw } from "hono/html";
import { Fragment, jsx } from "../../../src/web/page/jsx.ts";

test.each([
  ["a text is escaped", jsx("p", { children: `<b>"&'` }), "<p>&lt;b&gt;&quot;&amp;&#39;</p>"],
  [
    "a text in an attribute is escaped",
    jsx("a", { href: `"><script>` }),
    `<a href="&quot;&gt;&lt;script&gt;"></a>`,
  ],
  ["what is HTML already is not escaped again", jsx("p", { children: raw("<i/>") }), "<p><i/></p>"],
  [
    "an array of texts is not HTML",
    jsx("p", { children: ["<i/>", ["<b/>"]] }),
    "<p>&lt;i/&gt;&lt;b/&gt;</p>",
  ],
  ["elements stand in each other", jsx("p", { children: jsx("b", { children: "<" }) }), "<p><b>&lt;</b></p>"],
  [
    "nothing, true and false are no children, and 0 is one",
    jsx("p", { children: [null, undefined, true, false, 0, ""] }),
    "<p>0</p>",
  ],
  [
    "an attribute that is true has no value, one that is false or absent is not there",
    jsx("p", { hidden: true, open: false, title: undefined, lang: null, tabindex: 0 }),
    `<p hidden="" tabindex="0"></p>`,
  ],
  ["an element without an end tag", jsx("br", {}), "<br/>"],
  ["elements beside each other", Fragment({ children: [jsx("b", {}), "&"] }), "<b></b>&amp;"],
  [
    "what a component gives is escaped if it is a text",
    jsx(({ children }) => children, { children: "<" }),
    "&lt;",
  ],
  ["a component that gives nothing", jsx(() => null, {}), ""],
])("%s", (_, html, expected) => expect(String(html)).toBe(expected));
