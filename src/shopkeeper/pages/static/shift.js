// A shift: from its start new orders ring and the screen stays on. Whether one is running is known on every page.

import { waiting } from "./board.js";
import { online } from "./connection.js";
import { audible, ring, silence, unlock } from "./ring.js";
import { session } from "./session.js";
import { signal } from "./signal.js";

/** Whether a shift is running. */
export const shift = signal(false);

/** @type {WakeLockSentinel | null} */
let lock = null;

/** Call it when a person presses something. */
export async function startShift() {
  shift.set(true);
  await Promise.all([unlock(), stayOn()]);
}

export async function endShift() {
  shift.set(false);
  await Promise.all([silence(), lock?.release()]);
  lock = null;
}

/** Keep the screen on. Browsers can do that only on https and on this machine, and not while a battery is low. */
async function stayOn() {
  if (!shift.value || document.visibilityState !== "visible") return;
  try {
    lock = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    lock = null;
  }
}

/** Ring as long as there is a reason. A lost connection matters more than an order that waits. */
function decide() {
  const isDeaf = !online.value || session.value === "ended";
  const sound = isDeaf ? "lost" : waiting.value ? "order" : "";
  const heard = shift.value ? sound : "";
  ring(heard);
  document.documentElement.dataset.ringing = audible.value ? heard : "";
}

for (const reason of [shift, waiting, audible, online, session]) reason.subscribe(decide);
// A browser releases the wake lock of a hidden page, and may stop its sound.
document.addEventListener("visibilitychange", () => {
  stayOn();
  if (shift.value && document.visibilityState === "visible") unlock().catch(() => undefined);
});
