/* Keeps under the reader's eye, pointer and focus what was there: measured before a change, scrolled back after it. */

const HEADER = 120; // what the header covers

/* ``parts`` selects what can be held on to; at the top of the page nothing is, unless pointer or focus is in it. */
export function holdStill(root, parts, change) {
  const anchor = held(root, parts);
  const top = anchor?.getBoundingClientRect().top;
  change();
  const now = anchor && document.contains(anchor) ? anchor : anchor?.id && document.getElementById(anchor.id);
  if (!now) return;
  const shift = now.getBoundingClientRect().top - top;
  if (Math.abs(shift) <= 0.5) return;
  document.body.style.minBlockSize = `${Math.ceil(scrollY + shift + innerHeight)}px`; // a short page has no room to scroll
  scrollBy({ top: shift, behavior: 'instant' });
}

function held(root, parts) {
  const focused = document.activeElement?.closest?.(parts);
  if (visible(focused)) return focused;
  const pointed = [...root.querySelectorAll(':hover')].at(-1)?.closest(parts);
  if (visible(pointed)) return pointed;
  if (scrollY === 0) return null;
  const middle = document.elementFromPoint(innerWidth * 0.4, innerHeight / 2)?.closest(parts);
  if (visible(middle)) return middle;
  return [...root.querySelectorAll(parts)].find((part) => part.getBoundingClientRect().top > HEADER && visible(part)) ?? null;
}

function visible(part) {
  const box = part?.getBoundingClientRect();
  return box && box.height > 0 && box.bottom > HEADER && box.top < innerHeight;
}

export function isAbove(item) {
  return item.getBoundingClientRect().bottom < HEADER;
}
