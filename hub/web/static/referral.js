/* A new referral: the preview follows the form, and what fits the life domains comes first. */

import { contentOf } from './server-html.js';

const form = document.querySelector('[data-verwijzing]');
const preview = document.querySelector('[data-voorbeeld]');
let all = false;

const chosen = (name) => [...form.querySelectorAll(`[name="${name}"]:checked`)];
let asked = 0;
let waiting;

/* The hub draws the preview with the function that makes the message; an answer that was overtaken is not shown. */
async function redraw() {
  const mine = ++asked;
  const answer = await fetch('/verwijzingen/nieuw/voorbeeld', { method: 'POST', body: new FormData(form) }).catch(() => null);
  if (mine !== asked) return;
  if (answer?.ok && !answer.redirected) preview.replaceChildren(contentOf(await answer.text()));
  else preview.replaceChildren();
}

/* Another service has another package: what is ticked follows it until one chooses oneself. */
function follow(service) {
  const shares = service.dataset.deelt.split(' ');
  for (const box of form.querySelectorAll('[name="share"]')) box.checked = shares.includes(box.value);
}

function draw(event) {
  const basis = chosen('basis')[0];
  if (event?.target.name === 'service') follow(event.target);
  for (const part of form.querySelectorAll('[data-bij]')) {
    part.hidden = !basis || !part.dataset.bij.split(' ').includes(basis.value);
  }
  fit();
  clearTimeout(waiting);
  if (event) waiting = setTimeout(redraw, 200);
}

/* Hide services that share no life domain with the choice, unless asked to show all or already chosen. */
function fit() {
  const domains = chosen('life_domains').map((input) => input.value);
  let hidden = 0;
  for (const card of form.querySelectorAll('[data-aanbod]')) {
    const fits = domains.length === 0 || card.dataset.gebieden.split(' ').some((code) => domains.includes(code));
    card.hidden = !all && !fits && !card.querySelector('input').checked;
    hidden += card.hidden;
  }
  form.querySelector('[data-alles]').hidden = hidden === 0;
}

form.addEventListener('input', draw);
form.querySelector('[data-alles] button').addEventListener('click', () => {
  all = true;
  fit();
});
form.querySelector('[data-zonder-script]').hidden = true;
draw();
