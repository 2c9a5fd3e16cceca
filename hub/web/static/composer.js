/*
 * Writing in the conversation: @ offers the names of who helps, and Ctrl+Enter sends. Without this script the form works
 * as a form, and a name typed in full is found all the same. Nothing is kept in the browser.
 */

export function startComposers(root = document) {
  root.addEventListener('input', ({ target }) => {
    if (!target.matches?.('textarea[data-opsteller]')) return;
    offer(target);
  });
  root.addEventListener('keydown', (event) => {
    const { target } = event;
    if (!target.matches?.('textarea[data-opsteller]')) return;
    if (picking(target)) { if (move(event, target)) return; }
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      target.form.requestSubmit();
    }
  });
  root.addEventListener('focusout', ({ target }) => {
    if (target.matches?.('textarea[data-opsteller]')) setTimeout(() => close(target), 150);
  });
  root.addEventListener('change', ({ target }) => {
    if (target.closest?.('.opsteller__keuze')) tellAudience(target.form);
  });
}

/* Who will read it, in words beside the button: never a silent choice. */
function tellAudience(form) {
  const word = form.querySelector('[data-gehoor-woord]');
  if (!word) return;
  const some = form.querySelector('[name="audience_of"][value="some"]').checked;
  const names = [...form.querySelectorAll('[name="audience"]:checked')].map((box) => box.parentElement.textContent.trim());
  word.textContent = some ? names.join(', ') || '–' : word.dataset.woordAllen;
}

/* -- names ------------------------------------------------------------------------------------------------------- */

function names() {
  const kept = document.querySelector('template[data-namen]')?.content.querySelectorAll('option') ?? [];
  return [...kept].map((option) => ({ name: option.value, from: option.textContent }));
}

function begun(text) {
  const before = text.value.slice(0, text.selectionStart);
  return /(?:^|\s)@([^\s@][^@\n]{0,40}|)$/u.exec(before)?.[1];
}

function offer(text) {
  const typed = begun(text);
  const found = typed === undefined ? [] : names().filter(({ name }) => fold(name).includes(fold(typed))).slice(0, 6);
  if (!found.length) return close(text);
  const list = picking(text) ?? open(text);
  list.replaceChildren(...found.map(({ name, from }, index) => {
    const item = document.createElement('li');
    item.id = `${list.id}-${index}`;
    item.role = 'option';
    item.setAttribute('aria-selected', String(index === 0));
    item.dataset.name = name;
    const who = document.createElement('b');
    who.textContent = name;
    const where = document.createElement('small');
    where.textContent = from;
    item.append(who, ' ', where);
    item.addEventListener('mousedown', (event) => { event.preventDefault(); take(text, name); });
    return item;
  }));
  text.setAttribute('aria-activedescendant', list.firstElementChild.id);
}

function fold(value) {
  return value.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

function open(text) {
  const list = document.createElement('ul');
  list.className = 'namenlijst';
  list.role = 'listbox';
  list.id = `namen-${text.id}`;
  text.after(list);
  text.setAttribute('aria-controls', list.id);
  text.setAttribute('aria-autocomplete', 'list');
  return list;
}

function picking(text) {
  return document.getElementById(`namen-${text.id}`);
}

function close(text) {
  picking(text)?.remove();
  for (const name of ['aria-controls', 'aria-activedescendant', 'aria-autocomplete']) text.removeAttribute(name);
}

function move(event, text) {
  const items = [...picking(text).children];
  const now = items.findIndex((item) => item.getAttribute('aria-selected') === 'true');
  if (event.key === 'Escape') { event.preventDefault(); close(text); return true; }
  if (event.key === 'Enter' || event.key === 'Tab') {
    if (event.ctrlKey || event.metaKey) return false;
    event.preventDefault();
    take(text, items[now].dataset.name);
    return true;
  }
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return false;
  event.preventDefault();
  const next = (now + step + items.length) % items.length;
  items.forEach((item, index) => item.setAttribute('aria-selected', String(index === next)));
  text.setAttribute('aria-activedescendant', items[next].id);
  return true;
}

function take(text, name) {
  const end = text.selectionStart;
  const start = end - begun(text).length;
  text.setRangeText(`${name} `, start, end, 'end');
  close(text);
  text.dispatchEvent(new Event('input', { bubbles: true }));
  text.focus();
}

startComposers();
