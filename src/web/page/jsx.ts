/**
 * The JSX runtime of the pages (`#jsx`): an element becomes text at once, escaped by hono. Hono's own runtime
 * keeps a tree with contexts, hooks and promises, which our pages do not need (4.2 KB gzipped in a bundle).
 */
import type { Child } from "hono/jsx";
import type { JSX } from "hono/jsx/jsx-runtime";
import { escapeToBuffer, type HtmlEscapedString, raw, type StringBuffer } from "hono/utils/html";

export type { JSX };

/** The void elements (HTML standard, 13.1.2) that our pages use. */
const VOID = new Set(["br", "hr", "img", "input", "link", "meta"]);

interface Parent {
  children?: Child;
}
type Props = Parent & Record<string, unknown>;

/** Renders an element or a component as HTML. Attribute names come from the page's code, never from data. */
export function jsx(tag: string | ((props: Props) => Child), props: Props): HtmlEscapedString {
  if (typeof tag === "function") return Fragment({ children: tag(props) });
  const { children, ...attributes } = props;
  const start = Object.entries(attributes).reduce(
    (text, [name, value]) => text + attribute(name, value),
    tag,
  );
  return raw(VOID.has(tag) ? `<${start}/>` : `<${start}>${htmlOf(children)}</${tag}>`);
}

/** Names that compilers use for several children and in tests. */
export { jsx as jsxDEV, jsx as jsxs };

/** Renders a list of elements. */
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
