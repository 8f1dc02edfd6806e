// Work that a button does.

import { explain } from "../faults.js";
import { useRef, useState } from "../vendor/preact.js";
import { toast } from "./toast.js";

/**
 * Return the name of the work that is running, and a function that starts work unless some is. A failure is shown as a
 * message.
 * @returns {{ busy: string, run: (name: string, work: () => Promise<unknown>) => Promise<void> }}
 */
export function useTask() {
  const [busy, setBusy] = useState("");
  const isBusy = useRef(false);
  return {
    busy,
    async run(name, work) {
      if (isBusy.current) return;
      isBusy.current = true;
      setBusy(name);
      try {
        await work();
      } catch (problem) {
        toast(explain(problem), "bad");
      } finally {
        isBusy.current = false;
        setBusy("");
      }
    },
  };
}
