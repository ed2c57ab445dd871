import { make } from './dom.js';
import { bootsView, eventsView } from './events.js';
import { requestPathsView } from './path.js';
import { deviceTreeView } from './tree.js';

const SEVERITIES = { error: 'Error', warning: 'Warning', info: 'Note' };

const findingView = ({ code, severity, message, failureMode, hint, event }) =>
  make('li', { class: `told ${severity}` }, [
    make('p', { class: 'meta' }, [
      make('span', { class: 'severity' }, [SEVERITIES[severity] ?? severity]),
      ' ',
      failureMode === undefined ? '' : make('span', { class: 'mode' }, [failureMode]),
      ' ',
      make('code', {}, [code]),
    ]),
    make('p', { class: 'said' }, [message]),
    event === undefined ? '' : make('p', { class: 'event' }, [`Broken by ${event}`]),
    hint === undefined ? '' : make('p', { class: 'todo' }, [make('strong', {}, ['What to do']), ' ', hint]),
  ]);

const part = (title, children) => make('section', { class: 'part' }, [make('h4', {}, [title]), children]);

const NAMES = { disk: 'disk', nic: 'network card' };
const VIAS = { pv: 'PV', emulated: 'emulated', 'pass-through': 'handed on' };

const lookText = ({ stage, running, restartWanted, reached }) => {
  const devices = reached.map(
    ({ of, id, via }) => `${NAMES[of]} ${id} ${via === undefined || via === null ? 'lost' : VIAS[via]}`,
  );
  const state = running ? 'Windows runs' : 'Windows does not run';
  return `${stage}: ${[state, ...devices].join(', ')}${restartWanted ? '; a restart is wanted' : ''}`;
};

const looksView = (looks) =>
  looks.length === 0 ? '' : make('ul', { class: 'looks' }, [looks.map((look) => make('li', {}, [lookText(look)]))]);

const storyView = (run, story, findings) => {
  const idOf = (step) => `run-${run.index}-step-${step}`;
  const { before, after, boots, paths, looks } = story;
  const machine = [story.machine.windows, ...story.machine.switches].join(', ');
  return [
    part('Boots', [make('p', { class: 'machine' }, [machine]), bootsView({ before, boots }, idOf), looksView(looks)]),
    part('Device tree', [
      make('div', { class: 'pictures' }, [
        deviceTreeView({ title: 'Before', picture: before, other: after, side: 'before' }),
        deviceTreeView({ title: 'After', picture: after, other: before, side: 'after' }),
      ]),
    ]),
    part('The way of a request', [requestPathsView(paths)]),
    part('Events', [eventsView(story, { findings, failed: run.verdict === 'fail', idOf })]),
  ];
};

/** All there is to tell of a run. */
export const runView = (run) => {
  const findings = run.findings();
  const story = run.story();
  return make('div', { class: 'run-body' }, [
    findings.length === 0 ? '' : part('Findings', [make('ul', { class: 'tolds' }, [findings.map(findingView)])]),
    story === undefined
      ? make('p', { class: 'nothing' }, [
          `To keep this page small, the events of this run are not in it. Rehearse it alone: --guest ${run.guest} --scenario ${run.scenario}`,
        ])
      : storyView(run, story, findings),
  ]);
};
