import { counted, make } from './dom.js';
import { runList } from './runs.js';
import { readRuns } from './values.js';

const data = JSON.parse(document.getElementById('report-data').textContent);
const runs = readRuns(data);

/** Goes to a run so that the way back leads to where one was. */
const goTo = (list, index) => {
  if (location.hash !== `#run-${index}`) history.pushState(null, '', `#run-${index}`);
  list.open(index);
};

/** A cell opens the worst of its runs, and lists the others. */
const openCell = (list, scenario, guest) => {
  list.show({ scenario, guest });
  const first = list.first();
  if (first !== undefined) goTo(list, first.index);
};

const placeOf = (cell) => [cell.closest('tr').dataset.scenario, cell.dataset.guest];

/** The matrix leads to runs: each cell to its own, a scenario to all that are of it. */
const bindMatrix = (list) => {
  const table = document.querySelector('table.matrix');
  if (table === null) return;
  table.classList.add('live');
  table.addEventListener('click', (event) => {
    const cell = event.target.closest('td[data-verdict]');
    if (cell === null || !table.contains(cell)) return;
    event.preventDefault();
    openCell(list, ...placeOf(cell));
  });
  for (const name of table.querySelectorAll('tbody th .name')) {
    const scenario = name.closest('tr').dataset.scenario;
    const toRuns = () => {
      list.show({ scenario });
      const title = document.getElementById('runs-title');
      title.scrollIntoView();
      title.focus({ preventScroll: true });
    };
    name.replaceChildren(make('button', { type: 'button', on: { click: toRuns } }, [name.textContent]));
  }
};

/** Findings lead to the runs that they come from. */
const bindFindings = (list) => {
  for (const place of document.querySelectorAll('.opens')) {
    const own = data.groups[Number(place.dataset.group)] ?? [];
    const [first] = own;
    if (first === undefined) continue;
    const openFirst = () => {
      list.show({ group: new Set(own) });
      goTo(list, first);
    };
    const words = own.length === 1 ? 'Open the run' : `Open the first of ${counted(own.length, 'run')}`;
    place.append(make('button', { type: 'button', class: 'open-run', on: { click: openFirst } }, [words]));
  }
};

const openFromAddress = (list) => {
  const [, index] = /^#run-(\d+)(?:-step-\d+)?$/.exec(location.hash) ?? [];
  if (index === undefined) return;
  const target = document.getElementById(location.hash.slice(1));
  if (target === null || !location.hash.includes('-step-')) list.open(Number(index));
  else target.scrollIntoView({ block: 'start' });
};

if (runs.length > 0) {
  const list = runList(document.getElementById('run-list'), runs);
  bindMatrix(list);
  bindFindings(list);
  window.addEventListener('hashchange', () => openFromAddress(list));
  openFromAddress(list);
} else document.getElementById('runs').hidden = true;
document.documentElement.dataset.ready = 'true';
