/*
 * Turns a region of a page into what the server drew anew, and leaves alone what a person is busy with: a form that was
 * typed in or has the focus stays as it is, with a line that says that somebody changed something meanwhile.
 */

import { Idiomorph } from '../vendor/idiomorph/idiomorph.esm.js';

const TOLD = 'data-veranderd';
const KEEPS_OPEN = new Set(['DETAILS', 'DIALOG']);

/* Give whether anything was changed. ``bare`` takes off an element what a fresh one does not have. */
export function morph(region, fresh, { bare = () => {}, changed = '' } = {}) {
  for (const piece of fresh) carryToken(piece);
  if (same(region, fresh, bare)) return false;
  const focused = document.activeElement;
  const near = region.contains(focused) ? pathOf(focused, region) : [];
  Idiomorph.morph(region, fresh, {
    morphStyle: 'innerHTML',
    ignoreActiveValue: true,
    callbacks: {
      beforeNodeMorphed: (old, anew) => !(isBusy(old) && (tell(old, anew, changed), true)),
      beforeNodeRemoved: (old) => !(holdsBusy(old) && (tell(old, null, changed), true)),
      beforeAttributeUpdated: (name, element) => !(name === 'open' && KEEPS_OPEN.has(element.nodeName)),
    },
  });
  if (near.length && !region.contains(document.activeElement)) refocus(near);
  return true;
}

/* What a push draws holds no proof that a form is ours: the page puts in its own. */
export function carryToken(piece) {
  const token = document.querySelector('input[name="csrf_token"]')?.value ?? '';
  for (const field of piece.querySelectorAll('input[name="csrf_token"]')) field.setAttribute('value', token);
}

/* Somebody is at work in a form: the focus is in it, or something in it is not as the server drew it. Sent is done. */
function isBusy(node) {
  if (node.nodeName !== 'FORM' || node.dataset.onderweg) return false;
  return writes(node) || [...node.elements].some(isChanged);
}

function writes(form) {
  const active = document.activeElement;
  return form.contains(active) && active.matches('input, textarea, select');
}

function isChanged(field) {
  if (field.type === 'checkbox' || field.type === 'radio') return field.checked !== field.defaultChecked;
  if (field.localName === 'select') {
    const chosen = [...field.options].findIndex((option) => option.defaultSelected);
    return field.selectedIndex !== Math.max(chosen, 0);
  }
  return field.type !== 'hidden' && 'defaultValue' in field && field.value !== field.defaultValue;
}

function holdsBusy(node) {
  return node.nodeType === 1 && (isBusy(node) || [...node.querySelectorAll('form')].some(isBusy));
}

/* Say once, inside the form, that what it is about has changed; nothing where it only lacks what was typed. */
function tell(old, anew, words) {
  const form = old.nodeName === 'FORM' ? old : [...old.querySelectorAll('form')].find(isBusy);
  if (!form || !words || form.querySelector(`[${TOLD}]`)) return;
  if (anew && version(anew) === version(form)) return;
  const line = document.createElement('p');
  line.className = 'veranderd';
  line.setAttribute(TOLD, '');
  line.textContent = words;
  form.prepend(line);
}

function version(form) {
  return form.querySelector('input[name="version"]')?.getAttribute('value') ?? null;
}

function same(region, fresh, bare) {
  const old = [...region.children];
  return old.length === fresh.length && old.every((one, at) => bareOf(one, bare).isEqualNode(fresh[at]));
}

function bareOf(element, bare) {
  const copy = element.cloneNode(true);
  for (const item of [copy, ...copy.querySelectorAll('[data-nieuw]')]) bare(item);
  for (const opened of [copy, ...copy.querySelectorAll('details[open]')]) opened.removeAttribute('open');
  return copy;
}

/* Where the focus was, from near to far: what it stood in, by id. */
function pathOf(element, region) {
  const path = [];
  for (let part = element; part && part !== region; part = part.parentElement) if (part.id) path.push(part.id);
  return path;
}

/* What had the focus is gone: the nearest thing that still is there takes it. */
function refocus(path) {
  const place = path.map((id) => document.getElementById(id)).find(Boolean);
  const target = place?.querySelector('summary, button, a, input:not([type="hidden"])') ?? place;
  target?.focus({ preventScroll: true });
}
