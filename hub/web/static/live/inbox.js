/*
 * The inbox on a wide screen: what is on top stands beside the list at once. It is asked for here and not drawn with the
 * list, because on a phone nobody would see it, and what was looked at is written down. What is chosen is renewed with
 * the list.
 */

import { ReferralParts } from './referral-parts.js';
import { contentOf } from '../server-html.js';

const DETAIL = 'verwijzing';
const list = document.getElementById('postvak');
const place = document.querySelector('[data-leeg]');
const first = list.querySelector('a[href^="/werkvoorraad/"]');

if (place && first && matchMedia('(min-width: 48.01rem)').matches) {
  const answer = await fetch(first.href, { headers: { 'X-Fragment': DETAIL }, cache: 'no-store' });
  if (answer.ok && !answer.redirected && place.isConnected) {
    place.replaceWith(contentOf(await answer.text()));
    first.setAttribute('aria-current', 'page');
  }
}

const chosen = document.getElementById('gekozen');
const parts =
  chosen &&
  new ReferralParts(chosen, {
    address: `/werkvoorraad/${encodeURIComponent(chosen.dataset.verwijzing)}`,
    asks: DETAIL,
    onGone: () => location.assign('/werkvoorraad'),
  });

list.addEventListener('werklijst:vernieuwd', () => {
  const now = document.getElementById('deel-samengevat');
  document.getElementById('samengevat').replaceChildren(...[...now.children].map((part) => part.cloneNode(true)));
  if (!chosen) return;
  document.getElementById(`post-${chosen.dataset.verwijzing}`)?.querySelector('a')?.setAttribute('aria-current', 'page');
  parts.renew();
});
