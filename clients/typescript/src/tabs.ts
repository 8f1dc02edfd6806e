// The tabs of a browser: one of them at a time, and messages between them.

import type { Tokens } from "./storage.js";

const HEARD_WITHIN_MS = 1_000;
const GUESSED_WITHIN_MS = 80; // where it is not known whether there are other tabs

type Message = { kind: "ask" } | { kind: "none" } | { kind: "out" } | { kind: "tokens"; tokens: Tokens };

/** What a tab does with messages of others. */
export interface Listener {
  /** Return the tokens of this tab. */
  tokens(): Tokens | null;
  /** Another tab has tokens. */
  take(tokens: Tokens): void;
  /** Another tab signed out. */
  out(): void;
}

/** Work that only one tab does at a time, in the form of a promise chain. */
const queues = new Map<string, Promise<unknown>>();

/** The other tabs that share a session under a name. Outside of browsers there are none. */
export class Tabs {
  readonly #name: string;
  readonly #channel: BroadcastChannel | null;
  #answered: ((hasTokens: boolean) => void) | null = null;
  #counted: Promise<void> | null = null;

  constructor(name: string, listener: Listener) {
    this.#name = name;
    this.#channel =
      typeof document === "object" && "BroadcastChannel" in globalThis ? new BroadcastChannel(name) : null;
    this.#channel?.addEventListener("message", ({ data }: MessageEvent<Message>) => {
      if (data.kind === "ask") {
        const tokens = listener.tokens();
        this.#channel?.postMessage(tokens ? { kind: "tokens", tokens } : { kind: "none" });
      } else if (data.kind === "tokens") {
        listener.take(data.tokens);
        this.#answered?.(true);
      } else if (data.kind === "none") this.#answered?.(false);
      else listener.out();
    });
  }

  /** Give the tokens of this tab to the others; null signs them out. */
  tell(tokens: Tokens | null): void {
    this.#channel?.postMessage(tokens ? { kind: "tokens", tokens } : { kind: "out" });
  }

  /** Do some work while no other tab does any. Without Web Locks (they need https) it is alone in its tab. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    const locks = this.#locks();
    if (locks) return locks.request(this.#name, work) as Promise<T>;
    const mine = (queues.get(this.#name) ?? Promise.resolve()).then(work, work);
    queues.set(this.#name, mine);
    return mine;
  }

  /** Ask the other tabs for their tokens, and give them a moment to answer. */
  async ask(): Promise<void> {
    const channel = this.#channel;
    if (!channel) return;
    const others = await this.#others();
    if (others === 0) return;
    let answers = 0;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, others ? HEARD_WITHIN_MS : GUESSED_WITHIN_MS);
      this.#answered = (hasTokens) => {
        answers++;
        if (!hasTokens && answers !== others) return;
        clearTimeout(timer);
        resolve();
      };
      channel.postMessage({ kind: "ask" });
    });
    this.#answered = null;
  }

  #locks(): LockManager | null {
    return this.#channel && typeof navigator === "object" ? (navigator.locks ?? null) : null;
  }

  /** Count this tab from now on, and return how many others are counted; null if it is not known. */
  async #others(): Promise<number | null> {
    const locks = this.#locks();
    if (!locks) return null;
    const name = `${this.#name}.tab`;
    this.#counted ??= new Promise((resolve) => {
      void locks.request(name, { mode: "shared" }, () => {
        resolve();
        return new Promise(() => {}); // until the tab is closed
      });
    });
    await this.#counted;
    const { held = [] } = await locks.query();
    return held.filter((one) => one.name === name).length - 1;
  }
}
