/*
 * The line to the server, and what a page shows of it: the mark in the header ("Live", "Staat stil") and the banner that
 * says from when the page is. One and the same for every live page; see live_banner and live_mark in live.html.
 */

import { ring } from './bell.js';
import { io } from '../vendor/socket.io/socket.io.esm.min.js';

const LOST_AFTER = 1500;
const LONGEST_WAIT = 30_000;

export class Line {
  constructor({ onUp, onDown = () => {}, isBusy = () => false, onBell = () => {} }) {
    this.banner = document.querySelector('[data-verbroken]');
    this.mark = document.querySelector('[data-live]');
    this.words = this.banner.dataset;
    this.ahead = Date.parse(this.words.now) - Date.now(); // the server's clock, not the reader's
    this.clock = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Amsterdam', hour: '2-digit', minute: '2-digit' });
    this.freshAt = this.now();
    this.refusals = 0;
    this.ended = false;
    this.socket = io('/live', {
      transports: ['websocket'],
      reconnectionDelay: 500,
      reconnectionDelayMax: 15_000,
      randomizationFactor: 0.5,
      autoConnect: false,
    });
    this.socket.on('connect', () => {
      this.refusals = 0;
      onUp();
    });
    this.socket.on('disconnect', (why) => {
      this.stale(onDown);
      if (why === 'io server disconnect') this.later(); // a restart: the client does not come back by itself then
    });
    this.socket.on('connect_error', () => {
      this.stale(onDown);
      if (!this.socket.active) this.later();
    });
    this.socket.io.on('ping', () => this.socket.connected && !isBusy() && (this.freshAt = this.now()));
    // Whether messages leave the hub. The page goes on all the same; it only says that sending takes longer.
    this.socket.on('traffic', (news) => document.querySelector('[data-verkeer]')?.toggleAttribute('hidden', !news.stopped));
    ring(this.socket, onBell);
    // Back from the history an old page would show: reload instead.
    window.addEventListener('pageshow', (event) => event.persisted && location.reload());
  }

  now() {
    return new Date(Date.now() + this.ahead);
  }

  open() {
    this.socket.connect();
  }

  /* What the page shows is what the server has. */
  fresh() {
    this.freshAt = this.now();
    clearTimeout(this.timer);
    this.timer = undefined;
    this.banner.hidden = true;
    this.show(true);
  }

  /* Say from when the page is, but not for a hiccup. */
  stale(then = () => {}) {
    then();
    if (this.ended) return;
    this.show(false);
    this.timer ??= setTimeout(() => {
      this.banner.querySelector('[data-stand]').textContent = this.clock.format(this.freshAt);
      this.banner.hidden = false;
    }, LOST_AFTER);
  }

  /* The server draws the mark hidden: without a connection, or without scripts, nothing here is live. */
  show(live) {
    if (!this.mark) return;
    this.mark.hidden = false;
    this.mark.classList.toggle('live--stil', !live);
    this.mark.querySelector('[data-live-woord]').textContent = live ? this.words.woordLive : this.words.woordStil;
  }

  /* Never hot, and never all at once: the wait grows, with jitter so that a thousand browsers spread out. */
  later() {
    this.refusals += 1;
    const longest = Math.min(LONGEST_WAIT, 1000 * 2 ** this.refusals);
    setTimeout(() => this.ended || this.socket.connect(), longest * (0.5 + Math.random()));
  }

  end() {
    this.ended = true;
    clearTimeout(this.timer);
    if (this.mark) this.mark.hidden = true;
    this.socket.disconnect();
  }
}
