/*
 * A page with a work list that stays up to date: told that something changed, it fetches itself and takes the list over.
 * The part that is renewed is [data-werklijst]; what its rows need is in list.js, its words in live.html.
 * After each renewal the part gets the event "werklijst:vernieuwd". Everything works without this.
 */

import { Line } from './line.js';
import { LiveList } from './list.js';
import { NewMarks } from './new-marks.js';
import { holdStill, isAbove } from './still.js';
import { Voice } from './voice.js';
import { contentOf } from '../server-html.js';

const ANSWER_WITHIN = 10_000;
const SPREAD = 300;
const LONGEST_WAIT = 30_000;
const PARTS = '[data-rij][id], .paneel__kop';

const root = document.querySelector('[data-werklijst]');
const words = root.dataset;
const more = root.querySelector('[data-meer-nieuw]');
const above = new Set();
const voice = new Voice(words.woordMeer);
const marks = new NewMarks({ onSeen: (row) => above.delete(row) && showMore() });
const told = [];
const list = new LiveList(root, {
  onNew: (row) => told.push([row, words.woordNieuw, words.woordEen]),
  onChanged: (row) => told.push([row, words.woordAnders, words.woordEenAnders]),
});
export const line = new Line({ onUp: watch });

let fetching = false;
let again = false;
let failures = 0;

/* Ask whether the list still is as it was drawn: at the start, and after a lost connection, by the same way. */
async function watch() {
  let answer;
  try {
    answer = await line.socket.timeout(ANSWER_WITHIN).emitWithAck('watch_worklist', { mark: words.mark, of: 'tafels' in words ? 'tables' : 'worklist' });
  } catch {
    answer = { error: 'timeout' };
  }
  if (!line.socket.connected) return;
  if (answer.error === 'signed_out') return leave();
  if (answer.error) return void setTimeout(watch, pause());
  failures = 0;
  if (answer.changed) renew();
  else line.fresh();
}

function pause() {
  failures += 1;
  return Math.min(LONGEST_WAIT, 500 * 2 ** failures) * (0.5 + Math.random());
}

/* Who was signed out sees nothing of anybody any more: the page as the server gives it now is the page to sign in. */
function leave() {
  line.end();
  root.replaceChildren();
  location.reload();
}

async function renew() {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  do {
    again = false;
    await new Promise((done) => setTimeout(done, Math.random() * SPREAD));
    try {
      const answer = await fetch(location.href, { headers: { 'X-Fragment': '1' }, cache: 'no-store' });
      if (answer.redirected || [401, 403, 404].includes(answer.status)) return leave();
      if (!answer.ok) throw new Error(String(answer.status));
      takeOver(contentOf(await answer.text()));
      failures = 0;
      if (line.socket.connected) line.fresh();
    } catch {
      line.stale();
      await new Promise((done) => setTimeout(done, pause()));
      again = true;
    }
  } while (again && !line.ended);
  fetching = false;
}

function takeOver(content) {
  const fresh = content.querySelector('[data-werklijst]');
  holdStill(root, PARTS, () => {
    if (!list.take(fresh)) root.replaceChildren(...fresh.childNodes);
    words.mark = fresh.dataset.mark;
    for (const [row, word] of told) marks.mark(row, word);
  });
  for (const [row, , sentence] of told) {
    if (isAbove(row)) above.add(row);
    const name = row.querySelector('[data-naam]')?.textContent.trim();
    voice.say(name ? sentence.replace('{naam}', name) : '');
  }
  told.length = 0;
  showMore();
  root.dispatchEvent(new CustomEvent('werklijst:vernieuwd'));
}

function showMore() {
  if (!more) return;
  for (const row of above) if (!row.isConnected) above.delete(row);
  more.hidden = above.size === 0;
  more.querySelector('[data-aantal]').textContent = String(above.size);
}

more?.querySelector('button').addEventListener('click', () => {
  const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  root.scrollIntoView({ behavior: still ? 'instant' : 'smooth' });
  above.clear();
  showMore();
});

root.addEventListener('vorm:bewaard', () => line.socket.connected && renew());
line.socket.on('worklist', (news) => (news.ended ? leave() : renew()));
line.open();
