/* Every page: dialogs, and one press is one send. Everything works without it. */

document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-dialoog]');
  const dialog = opener && document.getElementById(opener.dataset.dialoog);
  if (dialog?.showModal) {
    event.preventDefault();
    dialog.showModal();
  }
  event.target.closest('[data-sluit]')?.closest('dialog')?.close();
});

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('[data-eenmaal]')) return;
  if (form.dataset.onderweg) {
    event.preventDefault();
    return;
  }
  form.dataset.onderweg = '1';
  event.submitter?.setAttribute('aria-disabled', 'true');
});

/* Back from the history: the form may be sent again; the server knows the key of one that already was. */
window.addEventListener('pageshow', () => {
  for (const form of document.querySelectorAll('[data-onderweg]')) {
    delete form.dataset.onderweg;
    form.querySelector('[aria-disabled]')?.removeAttribute('aria-disabled');
  }
});

/* A link to one part of a page: open what it is in, and put the reader there. An answer (#decline) opens itself. */
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = target?.closest('details'); fold; fold = fold.parentElement?.closest('details')) fold.open = true;
  if (!target?.matches('li, article')) {
    target?.querySelector('summary, button, textarea')?.focus();
    return;
  }
  const told = target.querySelector(':scope > .zrm__terug');
  if (told) told.open = true;
  target.tabIndex = -1;
  target.addEventListener('blur', () => target.removeAttribute('tabindex'), { once: true });
  target.scrollIntoView({ block: 'center' });
  target.focus({ preventScroll: true });
}
if (location.hash.length > 1) openTarget();
window.addEventListener('hashchange', openTarget);

/* The draft of a referral that was sent goes when its page opens. Whoever had to sign in first still has it. */
const sent = sessionStorage.getItem('verwijzing-verzonden');
if (sent && !location.pathname.startsWith('/verwijzingen/nieuw')) {
  sessionStorage.removeItem('verwijzing-verzonden');
  if (/^\/verwijzingen\/[^/]+$/.test(location.pathname)) sessionStorage.removeItem(sent);
}
/* Who signs out leaves nothing half-filled behind. */
document.querySelector('form[action="/uitloggen"]')?.addEventListener('submit', () => sessionStorage.clear());
