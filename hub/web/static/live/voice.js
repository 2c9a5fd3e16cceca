/* For who listens: at most one sentence per ten seconds, politely. More than one becomes a count, or else the last. */

const QUIET = 10_000;
const GATHER = 300;

export class Voice {
  /* many: "{aantal} nieuwe gebeurtenissen"; without it only the last of what was said counts */
  constructor(many = '') {
    this.place = document.querySelector('[data-omroep]');
    this.many = many;
    this.waiting = [];
    this.timer = null;
  }

  /* A whole sentence, or none where there is only a count. */
  say(sentence, count = 1) {
    this.waiting.push(...Array(Math.max(count, 1)).fill(sentence));
    this.timer ??= setTimeout(() => this.speak(), GATHER);
  }

  speak() {
    if (this.waiting.length === 0) {
      this.timer = null;
      return;
    }
    const last = this.waiting.at(-1);
    const many = this.many.replace('{aantal}', String(this.waiting.length));
    this.place.textContent = (this.waiting.length === 1 || !many) && last ? last : many;
    this.waiting = [];
    this.timer = setTimeout(() => this.speak(), QUIET);
  }
}
