/**
 * Reads values that are stored once however often they occur: in an entry, `[n]` stands for entry `n`. Each is put together when
 * it is first asked for, so that a page of thousands of runs opens at once.
 * @param {readonly unknown[]} entries
 * @returns {(reference: unknown) => unknown}
 */
export const valueReader = (entries) => {
  const known = new Map();
  const read = (part) => (Array.isArray(part) ? entryAt(part[0]) : part);
  const entryAt = (index) => {
    if (!known.has(index)) known.set(index, whole(entries[index]));
    return known.get(index);
  };
  const whole = (entry) =>
    Array.isArray(entry)
      ? entry.map(read)
      : Object.fromEntries(Object.entries(entry).map(([name, part]) => [name, read(part)]));
  return read;
};

/** Runs as the page tells them; findings and story are read when they are asked for. */
export const readRuns = ({ values, runs }) => {
  const read = valueReader(values);
  return runs.map(([guest, scenario, verdict, boots, errors, warnings, findings, story], index) => ({
    ...{ index, guest, scenario, verdict, boots, errors, warnings },
    family: scenario.replace(/:.*$/s, ''),
    findings: () => (findings === null ? [] : read(findings)),
    story: () => (story === null ? undefined : read(story)),
  }));
};
