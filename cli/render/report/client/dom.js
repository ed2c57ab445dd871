/**
 * Makes an element. Texts become text nodes and attributes are set as such: nothing here is ever read as markup.
 * @param {string} tag
 * @param {Record<string, unknown>} attributes `class`, `aria-…`, and `on` with listeners by event; undefined and false are left out
 * @param {readonly unknown[]} children elements and texts; undefined and null are left out
 */
export const make = (tag, attributes = {}, children = []) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat(2)) {
    if (child !== undefined && child !== null && child !== '') element.append(child);
  }
  return element;
};

/** Text that is heard and not seen. */
export const hiddenText = (text) => make('span', { class: 'vh' }, [text]);

/** `1 run`, `2 runs` */
export const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;
