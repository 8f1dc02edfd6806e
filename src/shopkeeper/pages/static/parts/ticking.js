// Times that count by themselves. Each second only their texts are written; nothing is rendered.

import { t } from "../texts.js";
import { everySecond } from "../ticks.js";
import { countdown, duration } from "../time.js";
import { html, useLayoutEffect, useRef } from "../vendor/preact.js";
import { Icon } from "./icon.js";

const URGENT_MS = 60_000;

/** How long ago something was. @param {{ at: string }} props */
export function Ago({ at }) {
  const element = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => everySecond((now) => write(element.current, ago(now - Date.parse(at)))), [at]);
  return html`<time ref=${element} datetime=${at}></time>`;
}

/** How long an order can still be accepted: a bar that gets shorter, and the time in numbers. @param {{ from: string, until: string }} props */
export function Countdown({ from, until }) {
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  const text = useRef(/** @type {HTMLElement | null} */ (null));
  useLayoutEffect(() => {
    const [begin, end] = [Date.parse(from), Date.parse(until)];
    return everySecond((now) => {
      const left = Math.max(0, end - now);
      write(text.current, t("orders.left", { time: countdown(left) }));
      if (!bar.current) return;
      bar.current.style.scale = `${Math.min(1, left / (end - begin))} 1`;
      bar.current.parentElement?.classList.toggle("left-urgent", left < URGENT_MS);
    });
  }, [from, until]);
  return html`
    <p class="left">
      <span class="left-bar" ref=${bar}></span>
      <${Icon} name="clock" /><span class="left-text" ref=${text} role="timer"></span>
    </p>
  `;
}

/** @param {number} milliseconds */
function ago(milliseconds) {
  return milliseconds < 60_000 ? t("orders.now") : t("orders.ago", { time: duration(milliseconds) });
}

/**
 * @param {HTMLElement | null} element
 * @param {string} text
 */
function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
