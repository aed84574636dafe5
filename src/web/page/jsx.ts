/**
 * The JSX runtime of the pages (`#jsx`): an element is its text at once, escaped by hono. Hono's own runtime keeps a tree with contexts,
 * hooks and promises, which no page of ours has and a bundle would hold (4.2 KB gzipped).
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { escapeToBuffer, type HtmlEscapedString, raw, type StringBuffer } from "hono/utils/html";

export type { JSX };

/** Elements without an end tag (HTML standard, 13.1.2) that pages have. */
const VOID = new Set(["br", "hr", "img", "input", "link", "meta"]);

interface Parent {
  children?: Child;
}
type Props = Parent & Record<string, unknown>;

/** An element or component as HTML text. Names of attributes are those of the page's code, never of what it shows. */
export function jsx(tag: string | ((props: Props) => Child), props: Props): HtmlEscapedString {
  if (typeof tag === "function") return Fragment({ children: tag(props) });
  const { children, ...attributes } = props;
  const start = Object.entries(attributes).reduce(
    (text, [name, value]) => text + attribute(name, value),
    tag,
  );
  return raw(VOID.has(tag) ? `<${start}/>` : `<${start}>${htmlOf(children)}</${tag}>`);
}

/** By the names that compilers call it where there are several children, and in tests. */
export { jsx as jsxDEV, jsx as jsxs };

/** Elements beside each other. */
export const Fragment = ({ children }: Parent): HtmlEscapedString => raw(htmlOf(children));

function attribute(name: string, value: unknown): string {
  if (value === undefined || value === null || value === false) return "";
  return ` ${name}="${value === true ? "" : escape(String(value))}"`;
}

function htmlOf(child: Child): string {
  if (child === undefined || child === null || typeof child === "boolean") return "";
  if (Array.isArray(child)) return child.map(htmlOf).join("");
  const isHtml = typeof child === "object" && "isEscaped" in child;
  return isHtml ? String(child) : escape(String(child));
}

function escape(text: string): string {
  const buffer: StringBuffer = [""];
  escapeToBuffer(text, buffer);
  return buffer[0] as string;
}
