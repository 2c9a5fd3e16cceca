/* The draft of a referral: sealed in this tab for who wrote it, so that a lost session or a fault costs nothing.

   The key comes with the page, from the hub, and only to the same person in the same organisation: to anyone who signs
   in here afterwards the draft is noise, and it goes with the tab. */

const PLACE = 'verwijzing:';
const SENT = 'verwijzing-verzonden';
const NEVER = new Set(['csrf_token', 'inwoner']);

const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
const text = (some) => btoa(String.fromCharCode(...new Uint8Array(some)));
const clock = (at) => new Date(at).toLocaleTimeString('nl-NL', { hour: '2-digit', minute: '2-digit' });

async function seal(key, draft) {
  const nonce = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce }, key, new TextEncoder().encode(JSON.stringify(draft)));
  return `${text(nonce)}.${text(sealed)}`;
}

async function unseal(key, kept) {
  const [nonce, sealed] = kept.split('.').map(bytes);
  return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: nonce }, key, sealed)));
}

function fields(form) {
  return [...new FormData(form)].filter(([name]) => !NEVER.has(name));
}

/* Put what was filled in back: each box and list by its name and value, and own strengths in their field. */
function putBack(form, kept) {
  for (const input of form.querySelectorAll('input[type="checkbox"], input[type="radio"]')) {
    input.checked = kept.some(([name, value]) => name === input.name && value === input.value);
  }
  const ticks = new Set([...form.querySelectorAll('[name="strengths"][type="checkbox"]')].map((one) => one.value));
  const own = kept.filter(([name, value]) => name === 'strengths' && value && !ticks.has(value)).map(([, value]) => value);
  for (const input of form.querySelectorAll('textarea, select, input:not([type="checkbox"], [type="radio"], [type="hidden"]), [name="sleutel"]')) {
    const found = input.name === 'strengths' ? own.shift() ?? '' : kept.find(([name]) => name === input.name)?.[1];
    if (found !== undefined) input.value = found;
  }
}

export async function keepDraft(form, note, redraw) {
  const place = PLACE + form.elements.inwoner.value;
  if (!globalThis.crypto?.subtle) return;
  const key = await crypto.subtle.importKey('raw', bytes(form.dataset.sleutel), 'AES-GCM', false, ['encrypt', 'decrypt']);
  const say = (words, at) => {
    note.hidden = false;
    note.querySelector('[data-concept-tekst]').textContent = `${words} ${clock(at)}`;
  };
  const kept = sessionStorage.getItem(place);
  const fresh = !document.querySelector('.melding--fout');
  if (kept && fresh) {
    const draft = await unseal(key, kept).catch(() => null);
    if (draft) {
      const meer = form.elements.meer;
      meer.checked = draft.fields.some(([name]) => name === 'meer');
      for (const input of form.querySelectorAll('[name="service"]')) input.type = meer.checked ? 'checkbox' : 'radio';
      putBack(form, draft.fields);
      redraw();
      say(form.dataset.terug, draft.at);
    } else sessionStorage.removeItem(place);
  }
  let waiting;
  let gone = false;
  async function keep() {
    const at = Date.now();
    const sealed = await seal(key, { at, fields: fields(form) });
    if (gone) return;
    sessionStorage.setItem(place, sealed);
    say(form.dataset.bewaard, at);
  }
  form.addEventListener('input', () => {
    gone = false;
    clearTimeout(waiting);
    waiting = setTimeout(keep, 500);
  });
  /* Sent: the next page of a referral throws the draft away; the page to sign in does not. */
  form.addEventListener('submit', () => sessionStorage.setItem(SENT, place));
  note.querySelector('[data-concept-weg]').addEventListener('click', () => {
    gone = true;
    clearTimeout(waiting);
    sessionStorage.removeItem(place);
    location.reload();
  });
}
