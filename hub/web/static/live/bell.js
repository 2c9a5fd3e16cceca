/* How much waits, in the header: the number that the server drew, and each that comes over the line after it. */

import { Voice } from './voice.js';

const ANSWER_WITHIN = 10_000;

export function ring(socket, onChange = () => {}) {
  const bell = document.querySelector('[data-bel]');
  if (!bell) return;
  const number = bell.querySelector('[data-bel-aantal]');
  const voice = new Voice(bell.dataset.woordMeer);
  let shown = Number(number.textContent) || 0;

  function show(count) {
    if (count === shown) return;
    if (count > shown) voice.say(bell.dataset.woordEen);
    shown = count;
    number.textContent = String(count);
    number.hidden = count === 0;
    bell.setAttribute('aria-label', count ? bell.dataset.woordWacht.replace('{aantal}', String(count)) : bell.dataset.woordNiets);
  }

  socket.on('bell', ({ count }) => {
    show(count);
    onChange();
  });
  socket.on('connect', async () => {
    try {
      const answer = await socket.timeout(ANSWER_WITHIN).emitWithAck('watch_bell');
      if (!Number.isInteger(answer.count)) return;
      const changed = answer.count !== shown;
      show(answer.count);
      if (changed) onChange();
    } catch {
      /* the next connection asks again */
    }
  });
}
