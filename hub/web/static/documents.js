/* Says at once that a file is too large, before it is sent; the server says the same. */

document.addEventListener('change', ({ target }) => {
  if (!target.matches?.('input[type="file"][name="bestand"]')) return;
  const told = target.form.querySelector('[data-te-groot]');
  const large = (target.files[0]?.size ?? 0) > Number(told.dataset.teGroot) * 1_000_000;
  told.textContent = large ? told.dataset.woord : '';
  target.setCustomValidity(large ? told.dataset.woord : '');
  target.closest('.veld').classList.toggle('veld--fout', large);
});
