const SHOWN = '[secret]';

/**
 * A password, PIN or token. It shows as `[secret]` in messages, JSON and `inspect`; `reveal()` belongs only into the call
 * that needs the text.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return SHOWN;
  }

  /** The text with every occurrence of the secret blotted out: for the output of other programs and servers. */
  redact(text: string): string {
    return this.#text === '' ? text : text.replaceAll(this.#text, SHOWN);
  }
}
