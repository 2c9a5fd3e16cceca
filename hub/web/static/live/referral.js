/* The live page of a referral: follows its case, and renews its parts when something happened to this referral. */

import { Line } from './line.js';
import { ReferralParts } from './referral-parts.js';

const ANSWER_WITHIN = 10_000;
const LONGEST_WAIT = 30_000;

const root = document.getElementById('verwijzing');
const { verwijzing: referral, case: caseId } = root.dataset;
const parts = new ReferralParts(root, {
  address: location.pathname,
  asks: '1',
  onFresh: () => line.socket.connected && line.fresh(),
  onStale: () => line.stale(),
  onGone: leave,
});
const line = new Line({ onUp: watch });
let position = null;
let failures = 0;

/* At the start, after a lost connection and after a gap: ask how far the case is, and look what that changed here. */
async function watch() {
  let answer;
  try {
    answer = await line.socket.timeout(ANSWER_WITHIN).emitWithAck('watch', { case: caseId, after: position });
  } catch {
    answer = { error: 'timeout' };
  }
  if (!line.socket.connected) return;
  if (answer.error === 'not_found' || answer.error === 'signed_out') return void leave();
  if (answer.error) {
    failures += 1;
    return void setTimeout(watch, Math.min(LONGEST_WAIT, 500 * 2 ** failures) * (0.5 + Math.random()));
  }
  failures = 0;
  position = answer.position;
  parts.renew();
}

/* The right has ended, or who looks was signed out: the page as the server gives it now says so. */
function leave() {
  line.end();
  root.replaceChildren();
  location.reload();
}

/* Of another referral nothing is drawn here; what is about none (a consent, a correction) may change this one. */
function concerns(entry) {
  const about = entry.data?.referral_id;
  return about === undefined || about === referral;
}

line.socket.on('entry', (entry) => {
  if (entry.case !== caseId) return;
  position = entry.position;
  if (concerns(entry)) parts.renew();
});
line.socket.on('way', (news) => news.case === caseId && news.referral === referral && parts.renew());
line.socket.on('closed', (news) => {
  if (news.case !== caseId) return;
  if (news.reason !== 'changed') return leave();
  position = null;
  watch();
});
line.open();
