/* What waits, live: told that the number changed, the page fetches itself and takes its lists over. */

import { Line } from './line.js';
import { LiveList } from './list.js';
import { NewMarks } from './new-marks.js';
import { holdStill } from './still.js';
import { contentOf } from '../server-html.js';

const root = document.querySelector('[data-meldingen]');
const marks = new NewMarks();
const fresh = [];
const list = new LiveList(root, { onNew: (row) => fresh.push(row) });
const line = new Line({ onUp: () => line.fresh(), onBell: renew });
let busy = Promise.resolve();

function renew() {
  busy = busy.then(async () => {
    try {
      const answer = await fetch(location.href, { headers: { 'X-Fragment': '1' }, cache: 'no-store' });
      if (answer.redirected || !answer.ok) return location.reload();
      const next = contentOf(await answer.text()).querySelector('[data-meldingen]');
      holdStill(root, '[data-rij][id], .paneel__kop', () => {
        if (!list.take(next)) root.replaceChildren(...next.childNodes);
        for (const row of fresh.splice(0)) marks.mark(row, root.dataset.woordNieuw);
      });
      return line.fresh();
    } catch {
      return line.stale();
    }
  });
}

line.open();
