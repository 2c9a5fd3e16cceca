/* A new referral: services that fit the need, a preview that follows the form, and a draft that survives. */

import { Voice } from './live/voice.js';
import { keepDraft } from './referral-draft.js';
import { contentOf } from './server-html.js';

const form = document.querySelector('[data-verwijzing]');
const preview = document.querySelector('[data-voorbeeld]');
const cards = [...form.querySelectorAll('[data-aanbod]')];
const submit = form.querySelector('[data-verstuur]');
let all = form.querySelector('[type="hidden"][name="alles"]') !== null;

const chosen = (name) => [...form.querySelectorAll(`[name="${name}"]:checked`)];
const voice = new Voice();
let asked = 0;
let said = '';
let waiting;

/* The hub draws the preview with the function that makes the message; an answer that was overtaken is not shown. */
async function redraw() {
  const mine = ++asked;
  const answer = await fetch('/verwijzingen/nieuw/voorbeeld', { method: 'POST', body: new FormData(form) }).catch(() => null);
  if (mine !== asked) return;
  if (answer?.ok && !answer.redirected) preview.replaceChildren(contentOf(await answer.text()));
  else preview.replaceChildren();
  announce();
}

/* For who listens: who gets how much, and only when that changes. What it is, one reads in the preview itself. */
function announce() {
  const heads = [...preview.querySelectorAll('.voorbeeld__kop')];
  const words = heads.map((head) => [...head.children].map((part) => part.textContent.trim()).join(': ')).join('. ');
  if (words && words !== said) voice.say(words);
  said = words;
}

/* Other services have other packages: what is ticked follows them until one chooses oneself. */
function follow() {
  const shares = chosen('service').flatMap((one) => one.dataset.deelt.split(' '));
  if (shares.length > 0) for (const box of form.querySelectorAll('[name="share"]')) box.checked = shares.includes(box.value);
}

/* One may be chosen, or several at once. */
function many(on) {
  if (!on) for (const extra of chosen('service').slice(1)) extra.checked = false;
  for (const input of form.querySelectorAll('[name="service"]')) input.type = on ? 'checkbox' : 'radio';
}

function fits(card, domains) {
  const need = form.elements.nodig.value;
  const near = form.elements.waar.value === 'dichtbij';
  return card.dataset.gebieden.split(' ').some((code) => domains.includes(code))
    && (need === '' || card.dataset.soort.split(' ').includes(need))
    && !(near && 'ver' in card.dataset);
}

/* Show what fits the need; what was chosen stays, and the rest may be asked for. */
function fit() {
  const domains = chosen('life_domains').map((input) => input.value);
  let found = 0;
  let hidden = 0;
  for (const card of cards) {
    const fitting = fits(card, domains);
    card.hidden = !fitting && !(all && domains.length > 0) && !card.querySelector('input').checked;
    found += fitting;
    hidden += card.hidden;
  }
  form.querySelector('[data-kies-eerst]').hidden = domains.length > 0;
  form.querySelector('[data-niets]').hidden = domains.length === 0 || found > 0;
  form.querySelector('[data-alles]').hidden = domains.length === 0 || hidden === 0;
}

/* What hangs on the choice: what runs already, what several means, and whether one asks for the waiting list. */
function tell() {
  const services = chosen('service');
  const organisations = services.map((one) => one.dataset.organisatie);
  let already = false;
  for (const notice of form.querySelectorAll('[data-loopt]')) {
    notice.hidden = !organisations.includes(notice.dataset.loopt);
    already ||= !notice.hidden;
  }
  const again = form.querySelector('[data-toch]');
  if (again) again.hidden = !already;
  for (const part of form.querySelectorAll('[data-meer-ontvangers]')) part.hidden = services.length < 2;
  const full = services.length > 0 && services.every((one) => 'vol' in one.dataset);
  submit.querySelector('.nl-button__label').textContent = full ? submit.dataset.wachtlijst : submit.dataset.verstuur;
  const basis = chosen('basis')[0];
  for (const part of form.querySelectorAll('[data-bij]')) {
    part.hidden = !basis || !part.dataset.bij.split(' ').includes(basis.value);
  }
}

/* Practical help is for today; whoever chooses it may still choose otherwise for the rest. */
function hurry(changed) {
  const practical = changed.name === 'nodig' ? changed.value === 'practical' : 'praktisch' in changed.dataset && changed.checked;
  if (practical) form.querySelector('[name="urgency"][value="today"]').checked = true;
}

function draw(event) {
  const changed = event?.target;
  if (changed?.name === 'meer') many(changed.checked);
  if (changed?.name === 'service' || changed?.name === 'meer') follow();
  if (changed?.name === 'service' || changed?.name === 'nodig') hurry(changed);
  fit();
  tell();
  clearTimeout(waiting);
  if (event) waiting = setTimeout(redraw, 200);
}

form.addEventListener('input', draw);
form.querySelector('[data-alles] button').addEventListener('click', (event) => {
  event.preventDefault();
  all = true;
  fit();
  cards.find((card) => !card.hidden)?.querySelector('input').focus();
});
for (const part of form.querySelectorAll('[data-zonder-script]')) part.hidden = true;
draw();
keepDraft(form, document.querySelector('[data-concept]'), () => {
  many(form.elements.meer.checked);
  draw({ target: form });
});
