/*
 * The only place where HTML becomes part of a page after it was loaded. It comes from our own server, which escaped all
 * that people wrote. The browser refuses HTML from anywhere else (trusted types, policy "schakel").
 */

const policy = globalThis.trustedTypes?.createPolicy('schakel', { createHTML: (html) => html });

/* The content of a piece of HTML drawn by the server, not yet in the page. */
export function contentOf(html) {
  const holder = document.createElement('template');
  holder.innerHTML = policy ? policy.createHTML(html) : html;
  return holder.content;
}
