/*
 * What live updating does to the page of a client. Everything inserted was rendered by the server for this viewer.
 *
 * Marks that a reload does not have, and that a comparison with a reload leaves out:
 *   class gb--nieuw, gb--binnen (timeline) and rij--nieuw, rij--binnen (rows), attribute data-nieuw, and elements
 *   with class nieuw-label. They go away once the item has been in view for five seconds.
 */

import { morph } from './morph.js';
import { NewMarks, stripMarks } from './new-marks.js';
import { contentOf } from '../server-html.js';

export class CasePage {
  constructor(root, { onNew = () => {}, onStale = () => {} } = {}) {
    this.root = root;
    this.onNew = onNew;
    this.onStale = onStale;
    this.position = Number(root.dataset.position);
    this.renewed = 0; // how many snapshots were taken over
    this.more = root.querySelector('[data-meer-nieuw]');
    this.above = new Set();
    this.marks = new NewMarks({ onSeen: (item) => { this.above.delete(item); this.showMore(); } });
    this.more?.querySelector('button').addEventListener('click', () => this.toTop());
    root.addEventListener('pointerover', ({ target }) => (this.pointed = target), { passive: true });
    this.root.querySelector('[data-eerder] a')?.addEventListener('click', (event) => this.earlier(event));
  }

  region(name) {
    return this.root.querySelector(`[data-gebied="${name}"]`);
  }

  /* Apply one entry: replace what has its id, insert the rest at its place. */
  apply(entry) {
    const added = [];
    let sentence = '';
    this.stale = false;
    this.holdStill(() => {
      for (const piece of pieces(entry.html)) {
        if (piece.dataset.heel) {
          this.putWhole(piece.dataset.heel, [...piece.children]);
        } else if (piece.dataset.region === 'opnieuw') {
          this.stale = true;
        } else if (piece.dataset.region === 'tijdlijn') {
          sentence = piece.querySelector('.gb__wat')?.textContent.trim() ?? sentence;
          added.push(...this.putDay(piece));
        } else {
          added.push(...this.putOne(piece));
        }
      }
      this.setPosition(entry.position);
      this.trim();
      this.settle();
      for (const item of added) this.marks.mark(item, this.root.dataset.woordNieuw);
    });
    this.offerTop(added);
    if (added.length) this.onNew(sentence);
    if (this.stale) this.onStale();
  }

  /* A region that comes whole: what shows the same stays, and with it focus, what is open and what is being typed. */
  putWhole(name, fresh) {
    const region = this.region(name);
    if (!region) return [];
    if (!morph(region, fresh, { bare: stripMarks, changed: this.root.dataset.woordVeranderd })) return [];
    return [...region.querySelectorAll('li[id], tr[id]')];
  }

  /* A day's section carries its new items; a day that is there already only gets those. */
  putDay(section) {
    const region = this.region('tijdlijn');
    const here = document.getElementById(section.id);
    if (!region) return [];
    const items = [...section.querySelectorAll('li[id]')];
    if (!here) {
      const later = [...region.children].find((day) => day.id < section.id);
      region.insertBefore(section, later ?? null);
      return items;
    }
    const list = here.querySelector('ol');
    for (const item of items) place(list, item);
    return items;
  }

  putOne(piece) {
    const region = this.region(piece.dataset.region);
    const old = document.getElementById(piece.id);
    if (!region) return [];
    if (old && old.dataset.masker !== piece.dataset.masker) this.stale = true; // what may be seen has changed
    place(region, piece);
    return [piece];
  }

  /* Take over a snapshot: all regions, each only if it differs. */
  replace(regions, position) {
    const known = this.root.querySelectorAll('[data-gebied] [id]:not([data-nieuw])');
    const before = new Set([...known].map((item) => item.id)); // what was new and not yet seen stays new
    const focused = document.activeElement?.closest?.('[data-gebied] [id]')?.id;
    const added = [];
    this.renewed += 1;
    this.holdStill(() => {
      for (const [name, html] of Object.entries(regions)) {
        const rows = this.region(name)?.localName === 'tbody';
        added.push(...this.putWhole(name, pieces(html, rows)).filter((item) => !before.has(item.id)));
      }
      this.setPosition(position);
      document.title = this.root.querySelector('[data-titel]')?.dataset.titel ?? document.title;
      this.unfolded = false;
      this.trim();
      this.settle();
      for (const item of added) this.marks.mark(item, this.root.dataset.woordNieuw);
    });
    if (focused) document.getElementById(focused)?.querySelector('a, button')?.focus({ preventScroll: true });
    this.offerTop(added);
    if (added.length) this.onNew('', added.filter((item) => item.localName === 'li').length);
  }

  setPosition(position) {
    this.position = position;
    this.root.dataset.position = String(position);
  }

  /* The timeline shows the newest blocks of entries; a reload shows the same. Who asked for earlier ones keeps them. */
  trim() {
    const block = Number(this.root.dataset.blok);
    const first = Math.max(0, Math.floor((this.position - 1) / block) - 1) * block + 1;
    const region = this.region('tijdlijn');
    if (this.unfolded || !region) return;
    for (const item of region.querySelectorAll('li[id]')) if (numberOf(item) < first) item.remove();
    for (const day of [...region.children]) if (!day.querySelector('li')) day.remove();
    this.offerEarlier(first);
  }

  offerEarlier(first) {
    const offer = this.root.querySelector('[data-eerder]');
    if (!offer) return;
    offer.hidden = first <= 1;
    const link = offer.querySelector('a');
    link.setAttribute('href', link.getAttribute('href').replace(/voor=\d+$/, `voor=${first}`));
  }

  /* Bring what happened earlier here; where that fails, the link leads to it. */
  async earlier(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { href } = event.currentTarget;
    const html = await fetch(href).then((answer) => (answer.ok ? answer.text() : '')).catch(() => '');
    if (!this.unfold(html)) location.assign(href);
  }

  /* Put in what happened earlier, from the page that shows it; it is not new. */
  unfold(html) {
    const page = contentOf(html);
    const first = Number(page.querySelector('[data-eerste]')?.dataset.eerste);
    if (!first) return false;
    this.unfolded = true;
    for (const day of page.querySelectorAll('section[data-region="tijdlijn"]')) this.putDay(day);
    this.offerEarlier(first);
    return true;
  }

  /* Counts and empty states follow what is there. */
  settle() {
    for (const name of ['verwijzingen', 'tijdlijn']) {
      const total = this.region(name)?.children.length ?? 0;
      for (const place of this.root.querySelectorAll(`[data-telt="${name}"]`)) place.textContent = String(total);
      for (const part of this.root.querySelectorAll(`[data-vol="${name}"]`)) part.hidden = total === 0;
      for (const part of this.root.querySelectorAll(`[data-leeg="${name}"]`)) part.hidden = total !== 0;
    }
  }

  /* What is being read stays where it is: measure one visible thing before and after, scroll the difference back. */
  holdStill(change) {
    const anchor = scrollY > 0 ? this.reading() : null;
    const top = anchor?.getBoundingClientRect().top;
    change();
    const now = anchor && document.contains(anchor) ? anchor : anchor?.id && document.getElementById(anchor.id);
    if (!now) return;
    const shift = now.getBoundingClientRect().top - top;
    if (Math.abs(shift) > 0.5) scrollBy({ top: shift, behavior: 'instant' });
  }

  reading() {
    const parts = '[data-gebied] li[id], [data-gebied] tr[id], .paneel__kop, .eigen, .afgeschermd';
    const visible = (part) => {
      const box = part?.getBoundingClientRect();
      return box && box.height > 0 && box.bottom > 120 && box.top < innerHeight;
    };
    const focused = document.activeElement?.closest?.(parts);
    if (visible(focused)) return focused;
    const pointed = this.pointed?.isConnected && this.pointed.closest(parts); // of two columns, the one that is pointed at
    if (pointed && visible(pointed)) return pointed;
    const middle = document.elementFromPoint(innerWidth * 0.4, innerHeight / 2)?.closest(parts);
    if (visible(middle)) return middle;
    return [...this.root.querySelectorAll(parts)].find((part) => part.getBoundingClientRect().top > 120 && visible(part)) ?? null;
  }

  offerTop(items) {
    for (const item of items) {
      if (item.localName === 'li' && item.getBoundingClientRect().bottom < 120) this.above.add(item);
    }
    this.showMore();
  }

  showMore() {
    if (!this.more) return;
    for (const item of this.above) if (!item.isConnected) this.above.delete(item);
    this.more.hidden = this.above.size === 0;
    this.more.querySelector('[data-aantal]').textContent = String(this.above.size);
  }

  toTop() {
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    document.getElementById('tijdlijn')?.scrollIntoView({ behavior: still ? 'instant' : 'smooth' });
    this.above.clear();
    this.showMore();
  }

  /* The right has ended: nothing of the person stays on the screen. */
  wipe(reason) {
    const closed = this.root.querySelector('[data-gesloten]').content.cloneNode(true);
    const fits = closed.querySelector(`[data-reden="${CSS.escape(reason ?? '')}"]`) ?? closed.querySelector('[data-reden=""]');
    for (const text of closed.querySelectorAll('[data-reden]')) text.hidden = text !== fits;
    this.marks.stop();
    for (const dialog of document.querySelectorAll('dialog')) dialog.remove();
    this.root.replaceChildren(closed);
    document.title = this.root.querySelector('h1').textContent;
    this.root.querySelector('h1').focus();
  }
}

function numberOf(item) {
  return Number(item.id.split('-').at(-1));
}

/* The elements of a piece of HTML. A row on its own is only kept where the parser expects rows. */
function pieces(html, rows = false) {
  const content = contentOf(rows ? `<table><tbody>${html}</tbody></table>` : html);
  return [...(rows ? content.querySelector('tbody') : content).children];
}

/* Put an item among its brothers, highest key first, in the place of one with the same id if there is one. */
function place(list, item) {
  const old = document.getElementById(item.id);
  const focus = old?.contains(document.activeElement) ? document.activeElement : null;
  const open = old ? openIn(old) : new Set();
  const after = [...list.children].find((other) => other !== old && (other.dataset.sleutel ?? '') < item.dataset.sleutel);
  if (old && old.dataset.sleutel === item.dataset.sleutel) old.replaceWith(item);
  else {
    old?.remove();
    list.insertBefore(item, after ?? null);
  }
  reopen(item, open);
  if (focus) item.querySelector(focus.localName)?.focus({ preventScroll: true });
}

/* What somebody opened stays open when it is drawn anew; an item is known by its id and what it is about. */
function openIn(part) {
  return new Set([...part.querySelectorAll('details[open]')].map(nameOf));
}

function reopen(part, open) {
  for (const one of part.querySelectorAll('details')) if (open.has(nameOf(one))) one.open = true;
}

function nameOf(details) {
  return `${details.closest('[id]')?.id} ${details.querySelector('summary').textContent}`;
}
