/* A new referral: the preview follows the form, and what fits the life domains comes first. */

const form = document.querySelector('[data-verwijzing]');
const preview = document.querySelector('[data-voorbeeld]');
let all = false;

const chosen = (name) => [...form.querySelectorAll(`[name="${name}"]:checked`)];
const option = (name) => (text(name) && form.elements[name].selectedOptions[0].text) || '';
const text = (name) => form.elements[name]?.value?.trim() ?? '';

function fill(name, value) {
  for (const place of preview.querySelectorAll(`[data-vul="${name}"]`)) {
    place.textContent = value || place.dataset.leegWoord || '–';
  }
}

function draw() {
  const service = chosen('service')[0];
  const basis = chosen('basis')[0];
  const strengths = [...form.querySelectorAll('[name="strengths"]')]
    .filter((input) => (input.type === 'checkbox' ? input.checked : input.value.trim()))
    .map((input) => input.value.trim());
  fill('organisatie', service?.dataset.organisatie);
  fill('dienst', service?.dataset.naam);
  fill('doel', service?.dataset.doel);
  fill('gebieden', chosen('life_domains').map((input) => input.dataset.naam).join(', '));
  fill('eigen', text('client_words'));
  fill('reden', text('reason'));
  fill('sterk', strengths.join(', '));
  fill('snel', chosen('urgency')[0]?.dataset.naam);
  fill('grond', basis?.dataset.naam);
  fill('bewijs', [text('evidence'), /public_task|legal_duty/.test(basis?.value) ? option('law') : ''].filter(Boolean).join(', '));
  const shares = service?.dataset.deelt.split(' ');
  for (const row of preview.querySelectorAll('[data-deel]')) row.hidden = Boolean(shares && !shares.includes(row.dataset.deel));
  for (const part of form.querySelectorAll('[data-bij]')) {
    part.hidden = !basis || !part.dataset.bij.split(' ').includes(basis.value);
  }
  fit();
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
