/*
 * Forms on the page of a client that stay in place: what is sent comes back as a push, so nothing is loaded anew. Where
 * that is not sure (no live connection, something was wrong, somebody was first) the form goes the ordinary way.
 */

const MARK = document.querySelector('[data-live]');
const isLive = () => !MARK.hidden && !MARK.classList.contains('live--stil');

document.addEventListener('submit', async (event) => {
  const form = event.target;
  if (event.defaultPrevented || !form.matches('[data-ter-plekke]') || !isLive()) return;
  event.preventDefault();
  const body = new FormData(form, event.submitter);
  body.set('zending', keyOf()); // where the answer is lost, the same is sent again: the server knows then that it was done
  event.submitter?.focus({ preventScroll: true }); // not in a field: what comes back may be put in all of them
  const done = await fetch(form.action, { method: 'POST', body, redirect: 'manual' })
    .then((answer) => answer.type === 'opaqueredirect')
    .catch(() => false);
  if (done) settle(form);
  else ordinary(form.action, body);
});

/* A key of this sending alone. */
function keyOf() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/* It is saved: empty the form and close what it stood in, so that the push may draw it anew. */
function settle(form) {
  delete form.dataset.onderweg;
  form.querySelector('[aria-disabled]')?.removeAttribute('aria-disabled');
  form.querySelector('[data-veranderd]')?.remove();
  form.reset();
  form.dispatchEvent(new CustomEvent('vorm:bewaard', { bubbles: true }));
  const around = form.closest('details');
  if (!around?.open || !form.matches('.planvorm, .scores')) return;
  around.open = false;
  around.querySelector('summary')?.focus({ preventScroll: true });
}

/* The server answered with a page that wants to be read: send once more, as a browser does, and go to that page. */
function ordinary(action, body) {
  const form = document.createElement('form');
  Object.assign(form, { method: 'post', action, hidden: true });
  for (const [name, value] of body) {
    const field = document.createElement('input');
    Object.assign(field, { type: 'hidden', name, value });
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}
