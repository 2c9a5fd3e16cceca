/*
 * Marks what is new until it has been in view for five seconds. A reload does not have these marks, so a comparison
 * with one leaves them out: class gb--nieuw, gb--binnen (lists) and rij--nieuw, rij--binnen (rows of a table),
 * attribute data-nieuw, and elements with class nieuw-label.
 */

const SEEN_AFTER = 5000;

export class NewMarks {
  constructor({ onSeen = () => {} } = {}) {
    this.onSeen = onSeen;
    this.timers = new Map();
    this.seen = new IntersectionObserver((changes) => changes.forEach((change) => this.inView(change)), { threshold: 0.6 });
  }

  mark(item, word) {
    if ('nieuw' in item.dataset) return;
    const kind = item.localName === 'tr' ? 'rij' : 'gb';
    item.classList.add(`${kind}--nieuw`, `${kind}--binnen`);
    item.dataset.nieuw = '';
    const label = document.createElement('span');
    label.className = 'nieuw-label';
    label.textContent = word;
    const state = kind === 'rij' ? item.querySelector('td .status') : null;
    const place = item.querySelector('[data-merk]') ?? state?.parentElement;
    if (state) state.after(label);
    else if (place) place.append(label);
    else (item.querySelector('.gb__meta') ?? item).prepend(label);
    this.seen.observe(item);
  }

  inView({ target, isIntersecting }) {
    clearTimeout(this.timers.get(target));
    if (isIntersecting) this.onSeen(target);
    if (!isIntersecting) return;
    this.timers.set(target, setTimeout(() => {
      if (document.visibilityState === 'visible') this.unmark(target);
      else document.addEventListener('visibilitychange', () => this.inView({ target, isIntersecting: true }), { once: true });
    }, SEEN_AFTER));
  }

  unmark(item) {
    this.seen.unobserve(item);
    this.timers.delete(item);
    stripMarks(item);
  }

  stop() {
    this.seen.disconnect();
    for (const timer of this.timers.values()) clearTimeout(timer);
  }
}

export function stripMarks(item) {
  if (!('nieuw' in item.dataset)) return;
  item.classList.remove('gb--nieuw', 'gb--binnen', 'rij--nieuw', 'rij--binnen');
  if (!item.classList.length) item.removeAttribute('class');
  delete item.dataset.nieuw;
  item.querySelector('.nieuw-label')?.remove();
}
