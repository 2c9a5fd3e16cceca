/*
 * Search while one types: the form is posted with its own fields, so that a name is never in an address. The server
 * draws the list. Without this script the same form leads to a page with the same list.
 */

import { contentOf } from './server-html.js';

const PAUSE = 300;
const SHORTEST = 3;

class Search {
  constructor(form) {
    this.form = form;
    this.field = form.querySelector('input[type="search"]');
    this.out = form.querySelector('[data-uitkomst]');
    this.floats = form.hasAttribute('data-zweeft'); // the list hangs under the field, and goes away again
    this.field.addEventListener('input', () => this.typed());
    form.addEventListener('submit', (event) => this.submitted(event));
    form.addEventListener('keydown', (event) => this.pressed(event));
    if (!this.floats) return;
    form.addEventListener('focusout', (event) => form.contains(event.relatedTarget) || this.close());
    this.field.addEventListener('focus', () => this.out.childElementCount && this.open());
  }

  get links() {
    return this.out.hidden ? [] : [...this.out.querySelectorAll('a')];
  }

  typed() {
    clearTimeout(this.waiting);
    this.asking?.abort();
    this.form.classList.toggle('zoek--gevuld', this.field.value !== '');
    if (this.field.value.trim().length < SHORTEST) this.empty();
    else this.waiting = setTimeout(() => this.ask(), PAUSE);
  }

  async submitted(event) {
    event.preventDefault();
    clearTimeout(this.waiting);
    if (!this.field.value.trim()) return;
    if (this.asked !== this.field.value) await this.ask();
    this.open();
    this.links[0]?.focus();
  }

  async ask() {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    const given = this.field.value;
    const sent = { method: 'POST', body: new FormData(this.form), headers: { 'X-Fragment': '1' }, signal: asking.signal };
    const answer = await fetch(this.form.action, sent).catch(() => null);
    const html = answer?.ok && !answer.redirected ? await answer.text().catch(() => null) : null;
    if (asking.signal.aborted) return;
    if (answer?.redirected) location.reload(); // signed out meanwhile
    this.asked = html === null ? undefined : given;
    if (html === null) this.out.replaceChildren(this.trouble(answer));
    else this.out.replaceChildren(contentOf(html));
    if (!this.floats || this.form.contains(document.activeElement)) this.open();
    this.tell(this.out.querySelector('[data-gevonden]')?.textContent ?? this.out.textContent);
  }

  trouble(answer) {
    const said = document.createElement('p');
    said.className = 'treffers__kop';
    said.textContent = answer?.status === 429 ? this.form.dataset.woordDruk : this.form.dataset.woordStil;
    return said;
  }

  tell(sentence) {
    const region = document.querySelector('[data-omroep]');
    if (region) region.textContent = sentence.trim();
  }

  pressed(event) {
    const links = this.links;
    const at = links.indexOf(document.activeElement);
    const goes = { ArrowDown: at + 1, ArrowUp: at - 1 };
    if (at >= 0) Object.assign(goes, { Home: 0, End: links.length - 1 });
    if (event.key === 'Escape' && this.floats && !this.out.hidden) {
      event.preventDefault();
      this.field.focus();
      this.close();
    } else if (event.key in goes && links.length) {
      event.preventDefault();
      (goes[event.key] < 0 ? this.field : links[Math.min(goes[event.key], links.length - 1)]).focus();
    }
  }

  open() {
    this.out.hidden = false;
  }

  close() {
    if (this.floats) this.out.hidden = true;
  }

  empty() {
    this.asked = undefined;
    this.out.hidden = true;
    this.out.replaceChildren();
  }
}

for (const form of document.querySelectorAll('[data-zoek]')) new Search(form);
