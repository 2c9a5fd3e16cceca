/*
 * Takes a list as the server draws it now over into the page, without moving what is there:
 *   data-rij   a row, with an id: renewed in its place, wherever the server has it now; a new order waits for a visit.
 *              data-versie, where it has one, says what a change is: with the same, it is renewed without a word
 *   data-lijst what rows stand in (ul, tbody), with an id: a new row comes after the row that it follows
 *   data-deel  a part without rows, with an id (a count, a sentence): renewed whole
 */

import { stripMarks } from './new-marks.js';

export class LiveList {
  constructor(root, { onNew = () => {}, onChanged = () => {} } = {}) {
    Object.assign(this, { root, onNew, onChanged });
  }

  /* False where the page has no place for what came: then all of it must be taken over at once. */
  take(fresh) {
    const rows = [...fresh.querySelectorAll('[data-rij][id]')];
    if (rows.some((row) => !this.here(row) && !this.placeOf(row))) return false;
    const there = new Set(rows.map((row) => row.id));
    for (const row of this.root.querySelectorAll('[data-rij][id]')) if (!there.has(row.id)) this.empty(row);
    // Last first: a row comes after the one it follows, and two new ones keep their order.
    for (const row of rows) this.takeRow(row);
    for (const part of fresh.querySelectorAll('[data-deel][id]')) this.takePart(part);
    return true;
  }

  here(part) {
    const found = document.getElementById(part.id);
    return found && this.root.contains(found) ? found : null;
  }

  takeRow(row) {
    const old = this.here(row);
    if (!old) {
      const next = this.placeOf(row);
      next.list.insertBefore(row, next.after ? next.after.nextElementSibling : next.first);
      this.onNew(row);
    } else if (!sameAs(old, row)) {
      const quiet = 'versie' in row.dataset && row.dataset.versie === old.dataset.versie;
      const now = isEdited(old) ? old : replace(old, row); // what somebody types in stays; the next visit has the rest
      if (!quiet) this.onChanged(now);
    }
  }

  /* After the nearest earlier row of its list that is here; a list that is not here yet goes among its sisters. */
  placeOf(row) {
    const theirs = row.closest('[data-lijst]');
    let list = theirs && this.here(theirs);
    if (!list) list = theirs && this.openList(theirs);
    if (!list) return null;
    let after = null;
    for (let before = row.previousElementSibling; before && !after; before = before.previousElementSibling) {
      const known = before.id && this.here(before);
      if (known?.parentElement === list) after = known;
    }
    return { list, after, first: [...list.children].find((child) => 'rij' in child.dataset) ?? null };
  }

  openList(theirs) {
    const holder = theirs.parentElement?.closest('[id]');
    const here = holder && this.here(holder);
    const sisters = here && [...here.querySelectorAll('[data-lijst][id]')];
    if (!sisters?.length) return null;
    const list = theirs.cloneNode(true);
    for (const row of list.querySelectorAll('[data-rij]')) row.remove();
    let next = theirs.nextElementSibling;
    while (next && !(next.id && this.here(next))) next = next.nextElementSibling;
    const place = next && this.here(next);
    if (place && place.parentElement === sisters[0].parentElement) place.before(list);
    else sisters.at(-1).after(list);
    return list;
  }

  takePart(part) {
    const old = this.here(part);
    if (old && !sameAs(old, part) && !isEdited(old)) replace(old, part);
  }

  /* Nothing of anybody stays, and nothing moves: an empty row as high as the one that went. */
  empty(row) {
    if ('weg' in row.dataset) return;
    const high = row.getBoundingClientRect().height;
    const focused = row.contains(document.activeElement);
    const place = row.localName === 'tr' ? document.createElement('td') : document.createElement('p');
    if (row.localName === 'tr') place.colSpan = [...row.children].reduce((sum, cell) => sum + cell.colSpan, 0);
    place.className = 'stil';
    place.textContent = this.root.dataset.woordWeg;
    stripMarks(row);
    row.replaceChildren(place);
    row.className = 'rij--weg';
    row.dataset.weg = '';
    row.style.blockSize = `${high}px`;
    if (!focused) return;
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
  }
}

/* The same but for what differs at every drawing (the key of a form) and what was done to it here. */
function sameAs(old, fresh) {
  return bare(old).isEqualNode(bare(fresh));
}

function bare(part) {
  const copy = part.cloneNode(true);
  for (const item of [copy, ...copy.querySelectorAll('[data-nieuw]')]) stripMarks(item);
  for (const opened of copy.querySelectorAll('details[open]')) opened.open = false;
  for (const key of copy.querySelectorAll('input[name=csrf_token], [data-vluchtig]')) key.removeAttribute('value');
  copy.hidden = false;
  return copy;
}

/* Somebody is writing here, or has written something that was not sent. */
function isEdited(part) {
  const fields = [...part.querySelectorAll('input:not([type=hidden]), textarea, select')];
  return fields.some((field) => field === document.activeElement || isTouched(field));
}

function isTouched(field) {
  if (field.localName === 'select') return [...field.options].some((one) => one.selected !== one.defaultSelected && field.selectedIndex > 0);
  return field.type === 'checkbox' || field.type === 'radio' ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
}

const REACHABLE = 'a[href], button, summary, input, select, textarea, [tabindex]';

/* In the place of the old one: what was open stays open, and the focus stays on the same thing. */
function replace(old, fresh) {
  const focus = old.contains(document.activeElement) ? [...old.querySelectorAll(REACHABLE)].indexOf(document.activeElement) : -2;
  const open = new Set([...old.querySelectorAll('details[open]')].map(nameOf));
  fresh.hidden = old.hidden; // a filter of the reader's
  old.replaceWith(fresh);
  for (const one of fresh.querySelectorAll('details')) if (open.has(nameOf(one))) one.open = true;
  if (focus > -2) ([...fresh.querySelectorAll(REACHABLE)][Math.max(focus, 0)] ?? fresh).focus({ preventScroll: true });
  return fresh;
}

function nameOf(details) {
  return details.id || details.querySelector('summary').textContent;
}
