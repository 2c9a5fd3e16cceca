/* The live page of a client: connects, follows, tells. The page works without it; a reload always shows the truth. */

import { io } from './vendor/socket.io/socket.io.esm.min.js';
import { Follower } from './live-order.js';
import { CasePage } from './live-page.js';

const ANSWER_WITHIN = 10_000;
const RENEW_WITHIN = 2000;
const QUIET = 10_000;
const LOST_AFTER = 1500;

const root = document.querySelector('[data-case]');
const caseId = root.dataset.case;
const mark = document.querySelector('[data-live]');
const lost = root.querySelector('[data-verbroken]');
const ahead = Date.parse(root.dataset.now) - Date.now(); // the server's clock, not the reader's
const amsterdam = (options) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Amsterdam', ...options });
const clock = amsterdam({ hour: '2-digit', minute: '2-digit' });
const dayOf = amsterdam({ year: 'numeric', month: '2-digit', day: '2-digit' });
const now = () => new Date(Date.now() + ahead);

let freshAt = now();
let day = dayOf.format(freshAt);
let lostTimer;

/* At most one sentence per ten seconds for who listens; more than one becomes a count. */
const speaker = {
  place: document.querySelector('[data-omroep]'),
  waiting: [],
  timer: null,
  say(sentence, count = 1) {
    this.waiting.push(...Array(Math.max(count, 1)).fill(sentence));
    this.timer ??= setTimeout(() => this.speak(), 300);
  },
  speak() {
    if (this.waiting.length === 0) {
      this.timer = null;
      return;
    }
    const [first] = this.waiting;
    const words = root.dataset;
    this.place.textContent =
      this.waiting.length === 1 && first
        ? words.woordEen.replace('{zin}', first)
        : words.woordMeer.replace('{aantal}', String(this.waiting.length));
    this.waiting = [];
    this.timer = setTimeout(() => this.speak(), QUIET);
  },
};

const page = new CasePage(root, {
  onNew: (sentence, count) => speaker.say(sentence, count),
  onStale: () => follower.askWhole(),
});
const socket = io('/live', { transports: ['websocket'], reconnectionDelay: 500, reconnectionDelayMax: 15_000, randomizationFactor: 0.5, autoConnect: false });
const follower = new Follower({
  page,
  ask: (after) => socket.timeout(ANSWER_WITHIN).emitWithAck('watch', { case: caseId, after }),
  onFresh: fresh,
});

function fresh() {
  freshAt = now();
  clearTimeout(lostTimer);
  lostTimer = undefined;
  lost.hidden = true;
  show(true);
}

/* The server draws the mark hidden: without a connection, or without scripts, nothing here is live. */
function show(live) {
  mark.hidden = false;
  mark.classList.toggle('live--stil', !live);
  mark.querySelector('[data-live-woord]').textContent = live ? root.dataset.woordLive : root.dataset.woordStil;
}

/* Say from when the page is, but not for a hiccup. */
function stale() {
  follower.stop();
  if (follower.ended) return;
  show(false);
  lostTimer ??= setTimeout(() => {
    lost.querySelector('[data-stand]').textContent = clock.format(freshAt);
    lost.hidden = false;
  }, LOST_AFTER);
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
  follower.askWhole();
  setTimeout(() => page.renewed === before && end('changed'), RENEW_WITHIN);
}

function end(reason) {
  follower.end(reason);
  clearTimeout(lostTimer);
  mark.hidden = true;
  socket.disconnect();
}

socket.on('connect', () => follower.start().then(() => follower.ended && end()));
socket.on('disconnect', (why) => {
  stale();
  // Shut by the server (a restart, a deployment): the client does not come back by itself then.
  if (why === 'io server disconnect' && !follower.ended) later();
});
socket.on('connect_error', () => {
  stale();
  if (!socket.active && !follower.ended) later();
});
socket.io.on('ping', () => follower.connected && !follower.asking && (freshAt = now()));
socket.on('entry', (entry) => entry.case === caseId && follower.receive(entry));
socket.on('presence', (news) => news.case === caseId && present(news.people ?? []));
socket.on('closed', (news) => news.case === caseId && (news.reason === 'changed' ? renew() : end(news.reason)));

/* Whether messages leave the hub. The page goes on all the same; it only says that sending takes longer. */
socket.on('traffic', (news) => root.querySelector('[data-verkeer]')?.toggleAttribute('hidden', !news.stopped));

let refusals = 0;
function later() {
  refusals += 1;
  setTimeout(() => follower.ended || socket.connect(), Math.min(30_000, 1000 * 2 ** refusals) * (0.5 + Math.random()));
}
socket.on('connect', () => (refusals = 0));

/* After midnight "Vandaag" means another day: a fresh snapshot says it right, each browser at its own moment. */
setInterval(() => {
  const today = dayOf.format(now());
  if (today === day) return;
  day = today;
  setTimeout(() => follower.askWhole(), Math.random() * 20_000);
}, 15_000);

/* Back from the history an old page would show: reload instead. */
window.addEventListener('pageshow', (event) => event.persisted && location.reload());

socket.connect();
