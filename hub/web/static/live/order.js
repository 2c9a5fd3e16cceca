/*
 * Keeps the entries of one case in order. Knows nothing of sockets or pages:
 *   ask(after)      -> Promise of {position, entries} | {position, snapshot} | {error}
 *   page            -> {position, apply(entry), replace(regions, position), wipe(reason)}
 * The way at the start is the way after a lost connection, a gap or a new day: ask, apply, go on.
 */

const TEMPORARY = new Set(['try_later', 'busy', 'unavailable', 'rate_limited', 'timeout']);
const FIRST_WAIT = 400;
const LONGEST_WAIT = 30_000;
const MISMATCHES_BEFORE_SNAPSHOT = 3;

export class Follower {
  constructor({ ask, page, onFresh = () => {}, wait = (ms) => new Promise((done) => setTimeout(done, ms)) }) {
    Object.assign(this, { ask, page, onFresh, wait });
    this.asking = false;
    this.again = false;
    this.whole = false;
    this.misses = 0;
    this.failures = 0;
    this.early = [];
    this.ended = false;
    this.connected = false;
  }

  /* Connected, or connected again. */
  start() {
    this.connected = true;
    return this.catchUp();
  }

  stop() {
    this.connected = false;
    this.early = [];
  }

  end(reason) {
    if (this.ended) return;
    this.ended = true;
    this.early = [];
    this.page.wipe(reason);
  }

  /* One pushed entry. While an answer is on its way it waits, so that nothing overtakes. */
  receive(entry) {
    if (this.ended) return;
    if (this.asking) {
      this.early.push(entry);
      return;
    }
    if (this.take(entry) === 'gap') {
      this.misses += 1;
      this.catchUp();
    }
  }

  take(entry) {
    if (entry.position <= this.page.position) return 'known';
    if (entry.position !== this.page.position + 1) return 'gap';
    this.page.apply(entry);
    this.misses = 0;
    this.onFresh();
    return 'applied';
  }

  /* The page no longer is what a reload would give (another day, another right): ask for all of it. */
  askWhole() {
    this.whole = true;
    return this.catchUp();
  }

  async catchUp() {
    if (this.ended || !this.connected) return;
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      do {
        this.again = false;
        await this.rest();
        if (this.ended || !this.connected) break;
        await this.once();
      } while (this.again && !this.ended && this.connected);
    } finally {
      this.asking = false;
    }
  }

  /* Never hot: after a miss or a failure the wait grows, with jitter so that a thousand browsers spread out. */
  async rest() {
    const tries = Math.max(this.misses - 1, this.failures);
    if (tries <= 0) return;
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1));
    await this.wait(longest * (0.5 + Math.random()));
  }

  async once() {
    const whole = this.whole || this.misses >= MISMATCHES_BEFORE_SNAPSHOT;
    let answer;
    try {
      answer = await this.ask(whole ? null : this.page.position);
    } catch {
      answer = { error: 'timeout' };
    }
    if (this.ended || !this.connected) return;
    if (answer?.error && !TEMPORARY.has(answer.error)) {
      this.end(answer.error);
      return;
    }
    if (!answer || answer.error || !Number.isInteger(answer.position)) {
      this.failures += 1;
      this.again = true;
      return;
    }
    this.failures = 0;
    if (answer.snapshot) this.takeSnapshot(answer);
    else this.takeEntries(answer);
    this.drain();
  }

  takeSnapshot(answer) {
    this.whole = false;
    this.misses = 0;
    this.page.replace(answer.snapshot.regions ?? {}, answer.position);
    this.onFresh();
  }

  takeEntries(answer) {
    for (const entry of answer.entries ?? []) this.take(entry);
    if (this.page.position === answer.position) {
      this.misses = 0;
      this.onFresh();
      if (!this.whole) return;
      this.failures += 1; // asked for all of it, got entries: ask once more, but not at once
      this.again = true;
      return;
    }
    // Behind where it says we are: a hole in the entries. Ahead of it: the count was made anew, only a snapshot helps.
    this.misses = this.page.position > answer.position ? MISMATCHES_BEFORE_SNAPSHOT : this.misses + 1;
    this.again = true;
  }

  drain() {
    const waiting = this.early.sort((one, other) => one.position - other.position);
    this.early = [];
    for (const entry of waiting) {
      if (this.take(entry) === 'gap') {
        this.misses += 1;
        this.again = true;
        return;
      }
    }
  }
}
