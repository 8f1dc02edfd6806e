/** A `sessionStorage`, of which Node.js has none. */
export class FakeWebStorage {
  readonly #texts = new Map<string, string>();

  getItem(key: string): string | null {
    return this.#texts.get(key) ?? null;
  }

  setItem(key: string, text: string): void {
    this.#texts.set(key, text);
  }

  removeItem(key: string): void {
    this.#texts.delete(key);
  }

  /** Return all that it has. */
  text(): string {
    return [...this.#texts.values()].join("\n");
  }
}
