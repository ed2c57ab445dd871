import { counted, hiddenText, make } from './dom.js';
import { runView } from './run.js';

const SIGNS = { fail: '✕', warn: '!', pass: '✓' };
const SAID = { fail: 'fails', warn: 'passes with warnings', pass: 'passes' };
const PAGE = 60;

const stateOf = ({ verdict, warnings }) => (verdict === 'fail' ? 'fail' : warnings > 0 ? 'warn' : 'pass');
const ORDER = { fail: 0, warn: 1, pass: 2 };

const rowView = (run, toggle) => {
  const state = stateOf(run);
  const body = `run-${run.index}-body`;
  const facts = [
    counted(run.boots, 'boot'),
    ...(run.errors > 0 ? [counted(run.errors, 'error')] : []),
    ...(run.warnings > 0 ? [counted(run.warnings, 'warning')] : []),
  ];
  const button = make(
    'button',
    { type: 'button', 'aria-expanded': 'false', 'aria-controls': body, on: { click: () => toggle(run.index) } },
    [
      make('span', { class: `sign ${state}`, 'aria-hidden': 'true' }, [SIGNS[state]]),
      hiddenText(`${SAID[state]}: `),
      make('span', { class: 'scenario' }, [run.scenario]),
      ' ',
      make('span', { class: 'guest' }, [hiddenText('on '), run.guest]),
      ' ',
      make('span', { class: 'facts' }, [facts.join(', ')]),
    ],
  );
  return make(
    'li',
    { class: `run ${state}`, id: `run-${run.index}`, 'data-guest': run.guest, 'data-scenario': run.scenario },
    [make('h3', {}, [button]), make('div', { id: body, hidden: true })],
  );
};

/** Opens or closes a row; what is in it is made when it is first opened. */
const setOpen = (row, run, isOpen) => {
  const button = row.querySelector('button');
  const body = row.lastElementChild;
  if (isOpen && body.childElementCount === 0) body.append(runView(run));
  button.setAttribute('aria-expanded', String(isOpen));
  body.hidden = !isOpen;
};

const option = (value, text, isChosen) => make('option', { value, selected: isChosen }, [text]);

const chooser = (label, id, options, onChange) =>
  make('div', { class: 'chooser' }, [
    make('label', { for: id }, [label]),
    make('select', { id, on: { change: (event) => onChange(event.target.value) } }, [
      options.map(([value, text]) => option(value, text, false)),
    ]),
  ]);

const VERDICTS = [
  ['', 'all verdicts'],
  ['fail', 'failing'],
  ['warn', 'with warnings'],
  ['pass', 'passing without warnings'],
];

const matches = (run, { scenario, guest, verdict, group }) =>
  (scenario === '' || run.family === scenario) &&
  (guest === '' || run.guest === guest) &&
  (verdict === '' || stateOf(run) === verdict) &&
  (group === undefined || group.has(run.index));

/** The list of runs: what is chosen, a page of it, each row opening where it stands. */
export const runList = (place, runs) => {
  const all = { scenario: '', guest: '', verdict: '', group: undefined };
  let chosen = { ...all, verdict: runs.some(({ verdict }) => verdict === 'fail') ? 'fail' : '' };
  let shown = [];

  const distinct = (of) => [...new Set(runs.map(of))];
  const choose = (change) => show({ ...chosen, group: undefined, ...change });
  const chooserOf = (label, name, of) =>
    chooser(label, `choose-${name}`, [['', `all ${name}s`], ...distinct(of).map((one) => [one, one])], (value) =>
      choose({ [name]: value }),
    );
  const status = make('p', { class: 'status', role: 'status' });
  const list = make('ol', { class: 'runs' });
  const more = make('button', { type: 'button', class: 'more', on: { click: () => addRows() } }, ['Show more runs']);
  const clear = make('button', { type: 'button', class: 'clear', on: { click: () => show(all) } }, ['Show all runs']);
  place.append(
    make('div', { class: 'choosers', role: 'group', 'aria-label': 'Which runs are listed' }, [
      chooserOf('Scenario', 'scenario', ({ family }) => family),
      chooserOf('Guest', 'guest', ({ guest }) => guest),
      chooser('Verdict', 'choose-verdict', VERDICTS, (value) => choose({ verdict: value })),
      clear,
    ]),
    status,
    list,
    more,
  );

  const toggle = (index) => {
    const row = document.getElementById(`run-${index}`);
    const isOpen = row.querySelector('button').getAttribute('aria-expanded') !== 'true';
    setOpen(row, runs[index], isOpen);
    if (isOpen) history.replaceState(null, '', `#run-${index}`);
  };
  const addRows = () => {
    const from = list.childElementCount;
    list.append(...shown.slice(from, from + PAGE).map((run) => rowView(run, toggle)));
    more.hidden = list.childElementCount >= shown.length;
  };
  const show = (next) => {
    chosen = next;
    for (const name of ['scenario', 'guest', 'verdict']) {
      document.getElementById(`choose-${name}`).value = chosen[name];
    }
    shown = runs
      .filter((run) => matches(run, chosen))
      .sort((one, other) => ORDER[stateOf(one)] - ORDER[stateOf(other)] || one.index - other.index);
    list.replaceChildren();
    addRows();
    status.textContent = `${counted(shown.length, 'run')} of ${runs.length}${chosen.group === undefined ? '' : ', those of one finding'}`;
    clear.hidden = shown.length === runs.length;
  };
  /** Shows a run, opened, with the focus on it. */
  const open = (index) => {
    if (runs[index] === undefined) return;
    if (!shown.includes(runs[index])) show({ ...all, scenario: runs[index].family, guest: runs[index].guest });
    while (document.getElementById(`run-${index}`) === null && !more.hidden) addRows();
    const row = document.getElementById(`run-${index}`);
    setOpen(row, runs[index], true);
    row.scrollIntoView({ block: 'start' });
    row.querySelector('button').focus({ preventScroll: true });
  };
  show(chosen);
  return { show: (change) => show({ ...all, ...change }), open, first: () => shown[0] };
};
