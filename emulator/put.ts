/** Sets an entry of a record that a transition owns; `__proto__` is a name like others. */
export const put = <T>(record: Record<string, T>, name: string, value: T): void => {
  if (name === '__proto__') {
    Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true });
  } else record[name] = value;
};
