/* The menu of a client's page marks the part that one reads. Without this it is a list of links, and works. */

const menu = document.querySelector('.subnav');
const BELOW_HEADER = 160;

function mark() {
  const links = [...menu.querySelectorAll('a[href^="#"]')];
  const places = links.map((link) => [link, document.getElementById(link.hash.slice(1))?.getBoundingClientRect()]);
  const seen = places.filter(([, box]) => box && box.height > 0 && box.bottom > BELOW_HEADER);
  const above = seen.filter(([, box]) => box.top <= BELOW_HEADER + 40);
  // Two columns stand beside each other: of what begins above, the one that begins last; at the top the first.
  const [current] = above.sort(([, one], [, other]) => other.top - one.top || one.left - other.left)[0] ?? places[0] ?? [];
  for (const link of links) {
    if (link === current && !link.hasAttribute('aria-current')) link.setAttribute('aria-current', 'true');
    if (link !== current) link.removeAttribute('aria-current');
  }
}

let waits = false;
function soon() {
  if (waits) return;
  waits = true;
  requestAnimationFrame(() => {
    waits = false;
    mark();
  });
}

if (menu) {
  addEventListener('scroll', soon, { passive: true });
  addEventListener('resize', soon, { passive: true });
  new MutationObserver(soon).observe(menu, { childList: true, subtree: true });
  mark();
}
