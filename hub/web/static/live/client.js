/* The live page of a client: connects, follows, tells. The page works without it; a reload always shows the truth. */

import { Line } from './line.js';
import { Follower } from './order.js';
import { CasePage } from './case-page.js';
import { Voice } from './voice.js';

const ANSWER_WITHIN = 10_000;
const RENEW_WITHIN = 2000;
const SEEN_AFTER = 5000;

const root = document.querySelector('[data-case]');
const caseId = root.dataset.case;
const dayOf = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Amsterdam', year: 'numeric', month: '2-digit', day: '2-digit' });
const voice = new Voice(root.dataset.woordMeer);

const page = new CasePage(root, {
  onNew: (sentence, count) => voice.say(sentence && root.dataset.woordEen.replace('{zin}', sentence), count),
  onStale: () => follower.askWhole(),
});
const line = new Line({
  onUp: () => follower.start().then(() => follower.ended && end()),
  onDown: () => follower.stop(),
  isBusy: () => follower.asking,
});
const follower = new Follower({
  page,
  ask: (after) => line.socket.timeout(ANSWER_WITHIN).emitWithAck('watch', { case: caseId, after }),
  onFresh: () => {
    line.fresh();
    tellSeen();
  },
});

/* What came in while somebody looked is seen; it is told once the page was in view for some seconds. */
let told = page.position;
let seenSoon;

function tellSeen() {
  clearTimeout(seenSoon);
  seenSoon = setTimeout(() => {
    if (document.visibilityState !== 'visible' || !line.socket.connected || page.position === told) return;
    told = page.position;
    line.socket.emit('seen', { case: caseId, after: told });
  }, SEEN_AFTER);
}

function present(people) {
  const place = root.querySelector('[data-aanwezig]');
  const shape = root.querySelector('[data-aanwezig-lid]');
  if (!place || !shape) return;
  const known = people.map((person) => (typeof person === 'string' ? { name: person } : person));
  place.querySelector('ul').replaceChildren(
    ...known.slice(0, 5).map(({ name }) => {
      const item = shape.content.cloneNode(true).firstElementChild;
      const words = name.trim().split(/\s+/);
      item.querySelector('[aria-hidden]').textContent = (words[0][0] + (words.length > 1 ? words.at(-1)[0] : '')).toUpperCase();
      item.querySelector('.vh').textContent = name;
      return item;
    }),
  );
  place.querySelector('[data-aanwezig-namen]').textContent = known
    .map(({ name, organisation }) => (organisation ? `${name.split(' ')[0]} (${organisation})` : name.split(' ')[0]))
    .join(', ');
  place.hidden = known.length === 0;
}

/* What may be seen has changed, and with it the count: all of it anew at once, or nothing at all. */
function renew() {
  const before = page.renewed;
  root.querySelector('[data-sinds]')?.remove(); // it was drawn from what could be seen then
  follower.askWhole();
  setTimeout(() => page.renewed === before && end('changed'), RENEW_WITHIN);
}

function end(reason) {
  follower.end(reason);
  line.end();
}

line.socket.on('entry', (entry) => entry.case === caseId && follower.receive(entry));
line.socket.on('presence', (news) => news.case === caseId && present(news.people ?? []));
line.socket.on('closed', (news) => news.case === caseId && (news.reason === 'changed' ? renew() : end(news.reason)));

/* After midnight "Vandaag" means another day: a fresh snapshot says it right, each browser at its own moment. */
let day = dayOf.format(line.now());
setInterval(() => {
  const today = dayOf.format(line.now());
  if (today === day) return;
  day = today;
  setTimeout(() => follower.askWhole(), Math.random() * 20_000);
}, 15_000);

/* What a browser fetched for later is looked at only now. */
const [arrival] = performance.getEntriesByType('navigation');
if (arrival?.activationStart > 0 || arrival?.deliveryType === 'navigational-prefetch') fetch(location.href, { method: 'HEAD' });
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && tellSeen());
line.open();
