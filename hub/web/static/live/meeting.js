/*
 * The table for one client: live as a list is, and beside that who is there now and who is writing. Neither is read
 * aloud, and neither moves anything: a ring, an icon, and words in a line that is there already.
 */

import { line } from './worklist.js';

const STOPS_AFTER = 20_000;

const root = document.querySelector('[data-tafel]');
const words = document.querySelector('[data-schrijft]');
const quiet = words?.textContent;
let there = { here: [], writing: [] };
let writes = false;
let stops;

line.socket.on('connect', sit);
if (line.socket.connected) sit();

function sit() {
  line.socket.emit('sit', { item: root.dataset.tafel });
  if (writes) line.socket.emit('writing', { on: true });
}

line.socket.on('table', (news) => {
  if (news.item !== root.dataset.tafel) return;
  there = news;
  draw();
});
root.addEventListener('werklijst:vernieuwd', draw);

function draw() {
  const writers = [];
  for (const seat of root.querySelectorAll('[data-persoon]')) {
    const id = seat.dataset.persoon;
    const writing = there.writing.includes(id);
    seat.querySelector('.persoon').classList.toggle('persoon--aanwezig', there.here.includes(id));
    seat.querySelector('[data-schrijver]').hidden = !writing;
    if (writing && !('ik' in seat.dataset)) writers.push(seat.dataset.naam);
  }
  if (words) words.textContent = writers.length ? words.dataset.schrijft.replace('{naam}', writers.join(', ')) : quiet;
}

root.addEventListener('input', (event) => event.target.matches('textarea') && say(event.target.value !== event.target.defaultValue));
root.addEventListener('vorm:bewaard', () => say(false));

function say(on) {
  clearTimeout(stops);
  if (on) stops = setTimeout(() => say(false), STOPS_AFTER);
  if (on === writes) return;
  writes = on;
  line.socket.emit('writing', { on });
}
