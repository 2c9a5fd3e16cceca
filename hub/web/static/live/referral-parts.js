/*
 * A referral on a page that is open: asks the server for its parts as they are now, and takes over what changed. Nothing
 * that somebody is writing in is replaced; then the page says that something changed.
 */

import { LiveList } from './list.js';
import { NewMarks } from './new-marks.js';
import { holdStill } from './still.js';
import { Voice } from './voice.js';
import { contentOf } from '../server-html.js';

const PARTS = '[data-deel][id], [data-rij][id]';
const LONGEST_WAIT = 30_000;

export class ReferralParts {
  constructor(root, { address, asks, onFresh = () => {}, onStale = () => {}, onGone }) {
    Object.assign(this, { root, address, asks, onFresh, onStale, onGone });
    this.marks = new NewMarks();
    this.voice = new Voice(root.dataset.woordMeer);
    this.news = [];
    this.list = new LiveList(root, { onNew: (row) => this.news.push(row) });
    this.busy = false;
    this.again = false;
    this.behind = false;
    this.failures = 0;
  }

  async renew() {
    this.again = true;
    if (this.busy) return;
    this.busy = true;
    while (this.again) {
      this.again = false;
      await this.once();
    }
    this.busy = false;
  }

  async once() {
    try {
      const answer = await fetch(this.address, { headers: { 'X-Fragment': this.asks }, cache: 'no-store' });
      if (answer.redirected || [401, 403, 404].includes(answer.status)) return void this.onGone();
      if (!answer.ok) throw new Error(String(answer.status));
      const fresh = contentOf(await answer.text()).querySelector(`#${this.root.id}`);
      this.failures = 0;
      this.take(fresh);
      this.onFresh();
    } catch {
      this.failures += 1;
      this.again = true;
      this.onStale();
      await new Promise((done) => setTimeout(done, Math.min(LONGEST_WAIT, 500 * 2 ** this.failures) * (0.5 + Math.random())));
    }
  }

  take(fresh) {
    const words = this.root.dataset;
    const state = fresh.dataset.stand;
    const wanted = [...fresh.querySelectorAll('[data-deel][id]')];
    holdStill(this.root, PARTS, () => {
      if (!this.list.take(fresh)) this.root.replaceChildren(...fresh.childNodes);
      for (const row of this.news) this.marks.mark(row, words.woordNieuw);
    });
    for (const row of this.news) {
      const name = row.querySelector('[data-naam]')?.textContent.trim();
      this.voice.say(name ? words.woordEen.replace('{naam}', name) : '');
    }
    this.news.length = 0;
    if (state !== words.stand) this.voice.say(words.woordStand.replace('{stand}', state));
    // A part that is not the one that came was kept because somebody writes in it. It stays behind until they are done.
    const kept = wanted.some((part) => !part.isConnected && writesIn(document.getElementById(part.id)));
    this.behind = kept && (this.behind || state !== words.stand);
    document.querySelector('[data-veranderd]').hidden = !this.behind;
    words.stand = state;
  }
}

function writesIn(part) {
  return part?.querySelector('form') && [...part.querySelectorAll('textarea, input:not([type=hidden]), select')].some((field) => field === document.activeElement || (field.defaultValue !== undefined && field.value !== field.defaultValue));
}
