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

const SECRET_NAME = /(^|_)(PASS|PASSWORD|PASSWD|PASSPHRASE|PIN|SECRET|TOKEN|KEY|CREDENTIALS?)(_|$)/i;
/** Shorter ones would blot out half of any text. */
const MIN_SECRET = 4;

/** What the environment holds that looks like a secret by its name: another program may repeat it in its errors. */
export const environmentSecrets = (env: Readonly<Record<string, string | undefined>>): readonly Secret[] =>
  Object.entries(env).flatMap(([name, value = '']) =>
    SECRET_NAME.test(name) && value.length >= MIN_SECRET ? [new Secret(value)] : [],
  );
