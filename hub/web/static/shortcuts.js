/*
 * The one key that works everywhere: "/" goes to the search field. A single letter can be hit by accident, by voice or by
 * a shaky hand, so it can be switched off on /account (WCAG 2.1.4); then the server leaves this script out.
 */

function writes(element) {
  return element.isContentEditable || /^(input|textarea|select)$/i.test(element.tagName);
}

document.addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  if (writes(document.activeElement) || document.querySelector('dialog[open]')) return;
  const field = [...document.querySelectorAll('[data-zoek] input[type="search"]')].find((one) => one.offsetParent);
  const way = document.querySelector('a.kop__zoek');
  if (!field && !way) return;
  event.preventDefault();
  if (field) field.focus();
  else way.click();
});
